// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { loadConfig } from '../lib/config.ts'
import { timestamps } from './health.ts'

const clock = (): Date => new Date('2026-03-02T12:00:00.000Z')
const config = loadConfig({ ASSAY_TSA: 'one=https://tsa.example' })

test('a tree that waits for its time-stamp for more than a day and three rounds is said to be no good health', () => {
  expect(timestamps({ config, clock }, undefined, null).ok).toBe(true)
  expect(timestamps({ config, clock }, undefined, '2026-03-01T09:00:00.000Z').ok).toBe(true)
  expect(timestamps({ config, clock }, '2026-03-02T08:00:00.000Z', '2026-03-01T08:59:00.000Z')).toEqual({
    ok: false,
    says: 'last time-stamp at 2026-03-02T08:00:00.000Z; what was signed at 2026-03-01T08:59:00.000Z waits for one still, the log says why',
  })
})

test('where no authority is set nothing waits for one', () => {
  expect(timestamps({ config: loadConfig({}), clock }, undefined, '2020-01-01T00:00:00.000Z').ok).toBe(true)
})
