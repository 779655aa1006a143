// SPDX-License-Identifier: Apache-2.0
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
