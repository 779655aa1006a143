// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { actions } from '../features/index.ts'
import type { Action } from '../lib/action.ts'
import { openApi } from './openapi.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly responses: Readonly<Record<string, unknown>>
}
const document = openApi(actions, '1.2.3') as {
  openapi: string
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
}

test('every operation is described, a query as GET and a command as POST', () => {
  for (const [name, { kind, summary }] of Object.entries(actions as Readonly<Record<string, Action>>)) {
    const described = document.paths[`/api/v1/${name}`]?.[kind === 'query' ? 'get' : 'post']
    expect(described, name).toMatchObject({ operationId: name, summary })
  }
})

test('the document is OpenAPI 3.1, its operations have different names, and each says how it refuses', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } })
  const described = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(new Set(described.map(({ operationId }) => operationId)).size).toBe(described.length)
  for (const { operationId, responses } of described) expect(responses, operationId).toHaveProperty('default')
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})

test('every route of the API is described, those that are written by hand too', () => {
  const written = globSync('entrypoints/*.ts', { exclude: ['**/*.test.ts'] }).flatMap((file) =>
    Array.from(
      readFileSync(file, 'utf8').matchAll(/\bapp\.(get|post)(?:<[^(]*>)?\(\s*'(\/api\/v1\/[^']+)'/g),
      ([, method = '', path = '']) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    ),
  )
  expect(written.length).toBeGreaterThan(3)
  const described = Object.entries(document.paths).flatMap(([path, of]) => Object.keys(of).map((m) => `${m} ${path}`))
  expect(written.filter((route) => !described.includes(route))).toEqual([])
  const byHand = described.filter((route) => !((route.split('/').at(-1) ?? '') in actions))
  expect(byHand.toSorted()).toEqual(written.toSorted())
})
