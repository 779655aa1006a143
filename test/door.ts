// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { TOTP } from 'otpauth'
import { openIdentity } from '../entrypoints/auth.ts'
import { serveContent, serveFiles } from '../entrypoints/files.ts'
import { openDoor } from '../entrypoints/http.ts'
import { receiveUploads } from '../entrypoints/uploads.ts'
import type { Action } from '../lib/action.ts'
import type { Config } from '../lib/config.ts'
import type { Services } from '../lib/services.ts'
import { createWorld, type World } from './world.ts'

/** A browser or program that talks to the door: keeps the one cookie as browsers do. */
export interface Visitor {
  /** The cookie's value. */
  readonly cookie: string | undefined
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  post(url: string, body?: object, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** Runs an operation as the client does. */
  query(name: string, input?: object): Promise<LightMyRequestResponse>
  command(name: string, input?: object): Promise<LightMyRequestResponse>
}

/** Somebody with an account and an authenticator. */
export interface Person extends Visitor {
  readonly id: string
  readonly email: string
  readonly password: string
  /** Secret of the authenticator in base 32; empty when none was enrolled. */
  readonly secret: string
  readonly recovery_codes: readonly string[]
}

export interface Doors {
  readonly world: World
  readonly app: FastifyInstance
  readonly content: FastifyInstance
  visitor(options?: { address?: string; cookie?: string; key?: string }): Visitor
  /** The code that the authenticator shows now; tests move the clock by `steps` of 30 seconds first. */
  code(secret: string, steps?: number): string
  /** First run over HTTP: set-up, authenticator, signed in. */
  owner(): Promise<Person>
  /** Invited by somebody and joined over HTTP. */
  join(inviter: Visitor, roles: readonly string[], name?: string): Promise<Person>
  /** The same person in another browser, signed in anew. The clock moves on a minute, because a code counts once. */
  signIn(person: Person): Promise<Person>
  close(): Promise<void>
}

export const PASSWORD = 'seven violet anchors drift'
let count = 0

/** The real HTTP doors on a test world, without a network. */
export async function openDoors(
  actions: Readonly<Record<string, Action>>,
  options: {
    config?: Partial<Config>
    /** Other parts than the world's own: a disk that is full. */
    services?: (world: World) => Partial<Services>
    before?: (app: FastifyInstance, world: World) => Promise<void>
  } = {},
): Promise<Doors> {
  const world = await createWorld()
  const services = { ...world, config: { ...world.config, ...options.config }, ...options.services?.(world) }
  const identity = openIdentity(services)
  const app = await openDoor({ services, actions, version: 'test', ...identity })
  identity.serve(app)
  receiveUploads(app, services)
  serveFiles(app, services)
  await options.before?.(app, world)
  const content = await serveContent(services)

  const visitor: Doors['visitor'] = ({ address = '127.0.0.1', cookie, key } = {}) => {
    let kept = cookie
    const send = async (
      method: 'GET' | 'POST',
      url: string,
      body: object | undefined,
      more: Record<string, string>,
    ) => {
      const answer = await app.inject({
        method,
        url,
        remoteAddress: address,
        headers: {
          ...(kept === undefined ? {} : { cookie: `__Host-assay=${kept}` }),
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...more,
        },
        ...(body === undefined ? {} : { payload: body }),
      })
      const set = answer.cookies.find(({ name }) => name === '__Host-assay')
      if (set) kept = set.value === '' ? undefined : set.value
      return answer
    }
    const self: Visitor = {
      get cookie() {
        return kept
      },
      get: (url, headers = {}) => send('GET', url, undefined, headers),
      post: (url, body = {}, headers = {}) => send('POST', url, body, headers),
      query: (name, input = {}) => self.get(`/api/v1/${name}?input=${encodeURIComponent(JSON.stringify(input))}`),
      command: (name, input = {}) => self.post(`/api/v1/${name}`, input),
    }
    return self
  }

  const code: Doors['code'] = (secret, steps = 0) => {
    world.clock.advance(steps * 30_000)
    return new TOTP({ secret }).generate({ timestamp: world.clock().getTime() })
  }

  /** Enrols an authenticator when the account owes one, and gives the finished person. */
  const finish = async (self: Visitor, email: string, stage: string): Promise<Person> => {
    const factor = stage === 'enrol' ? await enrol(self) : { secret: '', recovery_codes: [] }
    const state = json<{ session: { user: { id: string } } }>(await self.get('/api/auth/state'))
    return Object.assign(Object.create(self) as Visitor, {
      id: state.session.user.id,
      email,
      password: PASSWORD,
      ...factor,
    })
  }
  const enrol = async (self: Visitor) => {
    const { secret } = json<{ secret: string }>(await self.post('/api/auth/totp/start'))
    const confirmed = await self.post('/api/auth/totp/confirm', { code: code(secret) })
    return { secret, recovery_codes: json<{ recovery_codes: string[] }>(confirmed).recovery_codes }
  }
  return {
    world,
    app,
    content,
    visitor,
    code,
    async owner() {
      const self = visitor()
      const token = await identity.setupToken()
      const email = 'olga@company.test'
      const answer = await self.post('/api/auth/setup', {
        token,
        organization: 'Test Company',
        name: 'Olga Owner',
        email,
        password: PASSWORD,
      })
      return await finish(self, email, json<{ stage: string }>(answer).stage)
    },
    async join(inviter, roles, name = `Guest ${++count}`) {
      const email = `guest-${++count}@company.test`
      const { path } = json<{ path: string }>(await inviter.command('people.invite', { name, email, roles }))
      const self = visitor()
      const answer = await self.post('/api/auth/accept-invitation', { token: path.split('#')[1], password: PASSWORD })
      return await finish(self, email, json<{ stage: string }>(answer).stage)
    },
    async signIn(person) {
      const self = visitor()
      json(await self.post('/api/auth/sign-in', { email: person.email, password: person.password }))
      if (person.secret !== '') json(await self.post('/api/auth/second-factor', { code: code(person.secret, 2) }))
      const { id, email, password, secret, recovery_codes } = person
      return Object.assign(Object.create(self) as Visitor, { id, email, password, secret, recovery_codes })
    },
    async close() {
      await app.close()
      await content.close()
      await world.close()
    },
  }
}

/** Sends a file as a form does. */
export async function upload(by: Visitor, name: string, bytes: Buffer): Promise<LightMyRequestResponse> {
  const escaped = name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const payload = Buffer.concat([
    Buffer.from(`--edge\r\ncontent-disposition: form-data; name="file"; filename="${escaped}"\r\n\r\n`),
    bytes,
    Buffer.from('\r\n--edge--\r\n'),
  ])
  return await by.post('/api/v1/uploads', payload, { 'content-type': 'multipart/form-data; boundary=edge' })
}

/** The body of an answer that must have succeeded. */
export function json<T>(answer: LightMyRequestResponse): T {
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`)
  return answer.json() as T
}
