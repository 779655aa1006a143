// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The rows of docs/faults.md: each names a file and the title of a test in it. */
const rows = readFileSync('docs/faults.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault '))
  .map((line) => {
    const [fault = '', , , held = ''] = line.slice(2, -2).split(' | ')
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(held.trim()) ?? []
    return { fault, file, title }
  })

test('every fault of the table has its test, by file and title', () => {
  expect(rows.length).toBeGreaterThan(35)
  const broken = rows.filter(
    ({ file, title }) => title === '' || !existsSync(file) || !readFileSync(file, 'utf8').includes(title),
  )
  expect(broken).toEqual([])
})
