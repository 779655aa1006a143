// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import compress from '@fastify/compress'
import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { permit, perform, tenantOf, type Action, type Actor, type Ctx } from '../lib/action.ts'
import { once } from '../lib/idempotency.ts'
import { Refused } from '../lib/refused.ts'
import type { Services } from '../lib/services.ts'
import { openSharedAnswers, type SharedAnswers } from '../lib/shared-answers.ts'
import { isId } from '../lib/ids.ts'
import { parseJson } from './json.ts'
import { readClocks, settleClocks } from './moments.ts'
import { openApi } from './openapi.ts'
import { logFailure, problemOf } from './problem.ts'
import { secureHeaders } from './headers.ts'

/*
 * The HTTP door. Operations are mounted from their descriptions; these few routes are written by hand:
 *   /healthz /readyz /metrics          health.ts
 *   /api/openapi.json                  here
 *   /api/auth/*                        auth.ts    set-up, sign-in, second factor
 *   /api/v1/uploads                    uploads.ts
 *   /api/v1/events                     events.ts  server-sent events
 *   /api/v1/files/*                    files.ts   hands over to the content origin
 *   everything else                    pages.ts   the web application
 */

/** Who a request is from, and how it proved that. */
export interface Authenticated {
  readonly actor: Actor
  readonly by: 'session' | 'key'
}

export interface DoorOptions {
  readonly services: Services
  readonly actions: Readonly<Record<string, Action>>
  readonly version: string
  readonly authenticate: (request: FastifyRequest) => Promise<Authenticated | undefined>
  /** Told of every refused permission, so that it becomes an audit record. */
  readonly denied: (actor: Actor, operation: string) => Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    authenticated: Authenticated | undefined
  }
}

/** The server with its operations; hand-written routes are registered on it by main. */
export async function openDoor(options: DoorOptions): Promise<FastifyInstance> {
  const { services, actions } = options
  const app = fastify({
    genReqId: () => randomUUID(),
    bodyLimit: 1024 * 1024,
    requestTimeout: 60_000,
    trustProxy: services.config.trustProxy.length > 0 ? [...services.config.trustProxy] : false,
    routerOptions: { maxParamLength: 200 },
    logger: false,
  })
  app.decorateRequest('authenticated', undefined)
  await app.register(cookie)
  await app.register(compress, { threshold: 1024, encodings: ['br', 'gzip'] })
  await app.register(multipart, {
    limits: { fileSize: services.config.maxUploadMb * 1024 * 1024, files: 1, fields: 8, parts: 9, headerPairs: 50 },
  })
  strictBodies(app)
  secureHeaders(app, services.config)
  app.setErrorHandler((error, request, reply) => sendProblem(services, error, request, reply))
  app.addHook('onRequest', async (request) => {
    if (request.url.startsWith('/api/')) request.authenticated = await options.authenticate(request)
  })
  app.addHook('onRequest', async (request) => refuseForeignOrigin(request, services.config.publicUrl))
  // Made when it is first asked for: a tenth of a second that no start needs.
  let document: object | undefined
  app.get('/api/openapi.json', async () => (document ??= openApi(actions, options.version)))
  const shared = openSharedAnswers()
  for (const [name, action] of Object.entries(actions)) {
    const url = `/api/v1/${name}`
    const read = action.kind === 'query' ? inputOf : bodyOf
    app.route({
      method: action.kind === 'query' ? 'GET' : 'POST',
      url,
      handler: async (request, reply) => {
        void reply.type('application/json; charset=utf-8')
        return await answer({ ...options, shared }, name, action, request, read)
      },
    })
  }
  app.all('/api/*', async (request, reply) => {
    const url = request.url.split('?')[0] ?? ''
    const told = `${request.method} ${request.url.slice(0, 100)}`
    const methods = METHODS.filter((method) => isAnswered(app, method, url))
    if (methods.length === 0)
      throw new Refused('UNKNOWN_OPERATION', `expected one of the operations of /api/openapi.json, got ${told}`, {
        status: 404,
      })
    const allowed = methods.join(', ')
    void reply.header('allow', allowed)
    throw new Refused('WRONG_METHOD', `expected ${allowed}, got ${told}`, { status: 405 })
  })
  return app
}

/** The actor of a request. @throws Refused SIGN_IN_FIRST */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.authenticated)
    throw new Refused('SIGN_IN_FIRST', 'expected a session cookie or "Authorization: Bearer <API key>", got neither', {
      status: 401,
    })
  return request.authenticated.actor
}

/** The answer as JSON text. */
async function answer(
  options: DoorOptions & { readonly shared: SharedAnswers },
  name: string,
  action: Action,
  request: FastifyRequest,
  read: (request: FastifyRequest) => unknown,
): Promise<string> {
  const actor = actorOf(request)
  try {
    permit(name, action, actor)
  } catch (error) {
    await options.denied(actor, name)
    throw error
  }
  checkParameters(request, action.kind)
  const input = read(request)
  const { services } = options
  const clocks = readClocks(request.query as Record<string, unknown>)
  const mode = action.kind === 'query' ? 'read' : 'write'
  const key = action.kind === 'command' ? headerOf(request, 'idempotency-key') : undefined
  return await services.db.tenant(
    tenantOf(actor),
    async (tx) => {
      const ctx: Ctx = {
        tx,
        actor,
        now: tx.now,
        ...(await settleClocks(tx, clocks)),
        blobs: services.blobs,
        inbox: services.inbox,
        jobs: services.jobs,
        operations: Object.keys(options.actions),
        config: services.config,
        log: services.log,
      }
      const make = async (): Promise<string> =>
        JSON.stringify(await once(tx, key, name, input, () => perform(name, action, ctx, input)))
      return action.shared ? await options.shared.answer(tx, [name, input, clocks], make) : await make()
    },
    mode,
  )
}

/** Whether a path is answered by a method; that this door refuses all others is no answer. */
function isAnswered(app: FastifyInstance, method: (typeof METHODS)[number], url: string): boolean {
  const route = app.findRoute({ method, url })
  return route !== null && !Object.hasOwn(route.params, '*')
}

/** The methods by which anything is asked of the API. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const

/** What the address of a request may carry: the input of a query, and the two clocks. */
const PARAMETERS: Readonly<Record<Action['kind'], readonly string[]>> = {
  query: ['input', 'asOf', 'knownAt'],
  command: ['asOf', 'knownAt'],
}

/** A parameter that nobody reads is a question that was not heard, so it is refused. @throws Refused INVALID_INPUT */
function checkParameters(request: FastifyRequest, kind: Action['kind']): void {
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    const pointer = `/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!PARAMETERS[kind].includes(name))
      throw new Refused(
        'INVALID_INPUT',
        `${pointer}: expected no such parameter, only ${PARAMETERS[kind].join(', ')}${kind === 'query' ? '; the fields of a question are JSON in input' : ''}`,
        { status: 400, pointer },
      )
    if (typeof value !== 'string')
      throw new Refused('INVALID_INPUT', `${pointer}: expected it once, got it again`, { status: 400, pointer })
  }
}

function inputOf(request: FastifyRequest): unknown {
  const { input } = request.query as { input?: string }
  if (input === undefined || input === '') return {}
  try {
    return parseJson(input)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new Refused('INVALID_INPUT', `/input: ${error.message}`, { status: 400, pointer: '/input' })
  }
}

/** Bodies are JSON, read once and strictly; files come in by their own route. Nothing else is understood. */
function strictBodies(app: FastifyInstance): void {
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) =>
    body === '' ? undefined : parseJson(body),
  )
}

function bodyOf(request: FastifyRequest): unknown {
  if (request.isMultipart())
    throw new Refused('JSON_EXPECTED', 'expected application/json, got multipart/form-data', { status: 415 })
  return request.body === undefined ? {} : request.body
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * A page of another site may not act with a visitor's session (CSRF): unsafe methods that come with a cookie must come
 * from our own origin. Requests with an API key carry no ambient authority and need no proof of origin.
 */
function refuseForeignOrigin(request: FastifyRequest, publicUrl: string): void {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return
  if (headerOf(request, 'authorization') !== undefined) return
  const site = headerOf(request, 'sec-fetch-site')
  const origin = headerOf(request, 'origin')
  const sameOrigin =
    origin !== undefined ? isOwnOrigin(origin, request, publicUrl) : site === 'same-origin' || site === undefined
  if (!sameOrigin || (site !== undefined && site !== 'same-origin' && site !== 'none'))
    throw new Refused(
      'FOREIGN_ORIGIN',
      `expected a request from ${publicUrl}, got one from ${origin ?? site ?? 'elsewhere'}`,
      { status: 403 },
    )
}

function isOwnOrigin(origin: string, request: FastifyRequest, publicUrl: string): boolean {
  return origin === new URL(publicUrl).origin || origin === `${request.protocol}://${request.host}`
}

function sendProblem(services: Services, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request.id)
  logFailure(services.log, error, request)
  if (problem.status === 429 || problem.status === 503)
    void reply.header('retry-after', String((error instanceof Refused && error.retry_after_s) || 5))
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
  void reply.code(problem.status).type('application/problem+json').send(problem)
}

/** Whether a path parameter is an id of ours; names of rows never reach a file system. */
export function parseId(prefix: string, text: string | undefined): string {
  if (text === undefined || !isId(prefix, text))
    throw new Refused('NOT_FOUND', `expected an id such as ${prefix}_…, got ${(text ?? '').slice(0, 40)}`, {
      status: 404,
    })
  return text
}
