// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import type { Action } from '../lib/action.ts'

/** The OpenAPI 3.1 document of all operations, made from the same descriptions that the server runs. */
export function openApi(actions: Readonly<Record<string, Action>>, version: string): Record<string, unknown> {
  const paths: Record<string, unknown> = {}
  for (const [name, action] of Object.entries(actions).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    paths[`/api/v1/${name}`] = action.kind === 'query' ? { get: getOf(name, action) } : { post: postOf(name, action) }
  Object.assign(paths, BY_HAND)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Every operation of the product. Queries take their input as JSON in `input`; `asOf` and `knownAt` move the two clocks. Commands take a JSON body and an `Idempotency-Key`. Errors are RFC 9457 problem details.',
    },
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key with scopes' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-assay' },
      },
      schemas: { Problem: PROBLEM },
    },
    security: [{ key: [] }, { session: [] }],
  }
}

const schemaOf = (type: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' })
  return schema
}

const common = (name: string, action: Action): Record<string, unknown> => ({
  operationId: name,
  summary: action.summary,
  tags: [name.split('.')[0]],
  'x-roles': action.may,
  responses: {
    200: { description: 'Done', content: { 'application/json': { schema: schemaOf(action.output, 'output') } } },
    default: {
      description: 'Refused',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
})

const MOMENT = 'the end of a day of the engagement, or a moment; now when absent'
const MOMENT_SCHEMA = {
  anyOf: [
    { type: 'string', format: 'date' },
    { type: 'string', format: 'date-time' },
  ],
}

const getOf = (name: string, action: Action): Record<string, unknown> => ({
  ...common(name, action),
  parameters: [
    {
      name: 'input',
      in: 'query',
      required: false,
      content: { 'application/json': { schema: schemaOf(action.input, 'input') } },
    },
    { name: 'asOf', in: 'query', description: `What was so: ${MOMENT}`, schema: MOMENT_SCHEMA },
    { name: 'knownAt', in: 'query', description: `As it was known: ${MOMENT}`, schema: MOMENT_SCHEMA },
  ],
})

const postOf = (name: string, action: Action): Record<string, unknown> => ({
  ...common(name, action),
  parameters: [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 200 } }],
  requestBody: { required: true, content: { 'application/json': { schema: schemaOf(action.input, 'input') } } },
})

const answered = (description: string, schema: object, type = 'application/json') => ({
  200: { description, content: { [type]: { schema } } },
  default: {
    description: 'Refused',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  },
})
const text = { type: 'string' }
const fields = (properties: Record<string, object>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
})

const OFFER = fields({ url: text, expires_at: text, name: text, size_bytes: { type: 'integer' }, sha256: text })

/** The routes that are no operations: files in, files out, and what happens meanwhile. */
const BY_HAND = {
  '/api/v1/uploads': {
    post: {
      operationId: 'uploads',
      summary: 'Receive one file, to be named by a command within a day',
      tags: ['files'],
      requestBody: {
        required: true,
        content: { 'multipart/form-data': { schema: fields({ file: { type: 'string', format: 'binary' } }) } },
      },
      responses: answered(
        'Received',
        fields({ id: text, name: text, size_bytes: { type: 'integer' }, sha256: text, media_type: text }),
      ),
    },
  },
  '/api/v1/files/{collection}/{n}': {
    get: {
      operationId: 'files',
      summary: 'Get the address on the content origin from which a captured file is fetched, once, within a minute',
      tags: ['files'],
      parameters: [
        { name: 'collection', in: 'path', required: true, schema: text },
        { name: 'n', in: 'path', required: true, schema: { type: 'integer' } },
      ],
      responses: answered('Offered', OFFER),
    },
  },
  '/api/v1/bundle-files/{id}': {
    get: {
      operationId: 'bundleFiles',
      summary: 'Get the address on the content origin from which a finished bundle is fetched, once, within a minute',
      tags: ['files'],
      parameters: [{ name: 'id', in: 'path', required: true, schema: text }],
      responses: answered('Offered', OFFER),
    },
  },
  '/api/v1/events': {
    get: {
      operationId: 'events',
      summary: 'Hear what happens in the organisation as it happens, as server-sent events',
      tags: ['events'],
      responses: answered('Listening', text, 'text/event-stream'),
    },
  },
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    request_id: { type: 'string' },
    pointer: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
  },
}
