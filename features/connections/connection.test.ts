// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { connectorOf } from '../../catalog/connectors/registry.ts'
import type { Connector } from '../../catalog/connector.ts'
import { checkSecrets, needsOf, parseConfig, stateOf, type StreamResult } from './connection.ts'
import { everyText } from './health-looks.ts'

const git = connectorOf('git')

describe('what a connection is told', () => {
  test('is refused by the name of the field that is wrong', () => {
    expect(parseConfig(git, { location: '/srv/code/shop' })).toMatchObject({ location: '/srv/code/shop' })
    expect(() => parseConfig(git, { location: '/srv/code/shop', colour: 'red' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        pointer: '/config/colour',
        message: expect.stringContaining('/config/colour') as string,
      }),
    )
    expect(() => parseConfig(git, 'a word')).toThrow(expect.objectContaining({ pointer: '/config' }))
  })

  test('holds no secret that the connector does not take', () => {
    expect(() => checkSecrets(git, { token: 'abc', ssh_key: null })).not.toThrow()
    expect(() => checkSecrets(git, { password: 'abc' })).toThrow(/expected one of token, ssh_key; got password/)
    const open = { fields: [] } as unknown as Connector
    expect(() => checkSecrets(open, { token: 'abc' })).toThrow(/expected one of none; got token/)
  })
})

test('a right that several streams need is asked for once, with all of them', () => {
  const need = { id: 'read', says: 'May read', because: 'To read' }
  const of = {
    streams: [
      { name: 'a', needs: [need] },
      { name: 'b', needs: [need, { ...need, id: 'list' }] },
    ],
  } as unknown as Connector
  expect(needsOf(of).map(({ id, streams }) => [id, streams])).toEqual([
    ['read', ['a', 'b']],
    ['list', ['b']],
  ])
})

test('a run that read nothing has failed even where no stream says why', () => {
  const silent = { outcome: 'failed', why: null } as StreamResult
  expect(stateOf([silent])).toEqual({ state: 'failed', because: 'nothing could be read' })
})

test.each([
  [1, 'Hourly'],
  [24, 'Daily'],
  [168, 'Weekly'],
  [48, 'Every 2 days'],
  [6, 'Every 6 hours'],
])('reading every %i hours is said: %s', (hours, text) => {
  expect(everyText(hours)).toBe(text)
})
