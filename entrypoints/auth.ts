// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  acceptInvitation,
  changePassword,
  confirmEnrolment,
  ensureSetupToken,
  readInvitation,
  setUp,
  startEnrolment,
} from '../features/people/enrolment.actions.ts'
import type { SessionHolder } from '../features/people/doors.store.ts'
import { endSession, listSessions, SESSION_HOURS, type Whence } from '../features/people/sessions.store.ts'
import {
  actorOfKey,
  actorOfSession,
  authState,
  holderOf,
  peekHolder,
  recordDenied,
  secondFactor,
  signIn,
  signOut,
  type SignedIn,
} from '../features/people/sign-in.actions.ts'
import { nameText } from '../features/people/people.actions.ts'
import { invalidInput, READERS, type Actor, type Role } from '../lib/action.ts'
import type { Config } from '../lib/config.ts'
import { Refused } from '../lib/refused.ts'
import type { Services } from '../lib/services.ts'
import type { Authenticated } from './http.ts'

/** Who requests are from, and the routes by which somebody comes to be known. */
export interface Identity {
  readonly authenticate: (request: FastifyRequest) => Promise<Authenticated | undefined>
  readonly denied: (actor: Actor, operation: string) => Promise<void>
  /** Registers `/api/auth/*`. */
  readonly serve: (app: FastifyInstance) => void
  /** Token of the set-up link `<address>/setup#<token>`, new at each call, while nobody has an account. */
  readonly setupToken: () => Promise<string | undefined>
}

const token = z.string().min(1).max(100)
const password = z.string().max(1024)
const email = z.string().trim().max(254)
const INPUTS = {
  setup: z.strictObject({
    token,
    organization: nameText(200),
    name: nameText(200),
    email: z.email().max(254),
    password,
  }),
  signIn: z.strictObject({ email, password, organization: z.string().max(40).optional() }),
  secondFactor: z.union([
    z.strictObject({ code: z.string().trim().max(10) }),
    z.strictObject({ recovery_code: z.string().max(40) }),
  ]),
  again: z.strictObject({ password: password.optional(), code: z.string().trim().max(10).optional() }),
  confirm: z.strictObject({ code: z.string().trim().max(10) }),
  invitation: z.strictObject({ token }),
  accept: z.strictObject({ token, password }),
  changePassword: z.strictObject({ current: password, password }),
  revoke: z.strictObject({ session: z.string().max(40) }),
  nothing: z.strictObject({}),
} as const

export function openIdentity(services: Services): Identity {
  const jar = cookieJar(services.config)
  return {
    async authenticate(request) {
      const key = keyOf(request)
      if (key !== undefined) return { actor: await actorOfKey(services, key), by: 'key' }
      const holder = await holderOf(services, jar.read(request))
      return holder?.stage === 'open' ? { actor: actorOfSession(holder), by: 'session' } : undefined
    },
    denied: (actor, operation) => recordDenied(services, actor, operation),
    serve(app) {
      app.decorate('stillThere', (request) => isStillThere(services, request, jar.read(request)))
      entryRoutes(app, services, jar)
      accountRoutes(app, services, jar)
    },
    setupToken: () => ensureSetupToken(services.db),
  }
}

/** The API key of a request, which counts before any cookie. @throws Refused BAD_KEY */
function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const key = /^Bearer ([!-~]{1,200})$/i.exec(header)?.[1]
  if (key === undefined) throw new Refused('BAD_KEY', 'expected "Authorization: Bearer <API key>"', { status: 401 })
  return key
}

/** Whether whoever made a request may still read what it was given. */
async function isStillThere(services: Services, request: FastifyRequest, cookie: string | undefined): Promise<boolean> {
  const key = keyOf(request)
  if (key === undefined) {
    const holder = await peekHolder(services, cookie)
    return holder?.stage === 'open' && holder.roles.some((role) => (READERS as readonly Role[]).includes(role))
  }
  try {
    const { roles } = await actorOfKey(services, key)
    return roles.some((role) => (READERS as readonly Role[]).includes(role))
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

function entryRoutes(app: FastifyInstance, services: Services, jar: CookieJar): void {
  app.get('/api/auth/state', async (request) => await authState(services, await holderOf(services, jar.read(request))))
  app.post('/api/auth/setup', async (request, reply) =>
    jar.keep(reply, await setUp(services, services.clock, parse(INPUTS.setup, request), whence(request))),
  )
  app.post('/api/auth/sign-in', async (request, reply) => {
    const done = await signIn(services, parse(INPUTS.signIn, request), whence(request))
    if (!('token' in done)) return { stage: 'organization', organizations: done.organizations }
    // Whoever signs in anew in this browser leaves the session that was there.
    const before = await holderOf(services, jar.read(request))
    if (before) await signOut(services, before)
    return jar.keep(reply, done)
  })
  app.post('/api/auth/second-factor', async (request, reply) => {
    const holder = await mustHold(services, jar, request)
    return jar.keep(reply, await secondFactor(services, holder, parse(INPUTS.secondFactor, request), whence(request)))
  })
  app.post('/api/auth/sign-out', async (request, reply) => {
    parse(INPUTS.nothing, request)
    const holder = await holderOf(services, jar.read(request))
    if (holder) await signOut(services, holder)
    jar.clear(reply)
    return { stage: 'none' }
  })
  app.post('/api/auth/invitation', async (request) => {
    return await readInvitation(services, parse(INPUTS.invitation, request).token, whence(request))
  })
  app.post('/api/auth/accept-invitation', async (request, reply) =>
    jar.keep(reply, await acceptInvitation(services, services.clock, parse(INPUTS.accept, request), whence(request))),
  )
}

function accountRoutes(app: FastifyInstance, services: Services, jar: CookieJar): void {
  app.post('/api/auth/totp/start', async (request) => {
    const holder = await mustHold(services, jar, request)
    return await startEnrolment(services, holder, parse(INPUTS.again, request))
  })
  app.post('/api/auth/totp/confirm', async (request, reply) => {
    const holder = await mustHold(services, jar, request)
    const done = await confirmEnrolment(services, holder, parse(INPUTS.confirm, request).code, whence(request))
    return { ...jar.keep(reply, done), recovery_codes: done.recovery_codes }
  })
  app.post('/api/auth/change-password', async (request, reply) => {
    const holder = await mustHold(services, jar, request)
    return jar.keep(
      reply,
      await changePassword(services, holder, parse(INPUTS.changePassword, request), whence(request)),
    )
  })
  app.get('/api/auth/sessions', async (request) => {
    const holder = await mustBeOpen(services, jar, request)
    const rows = await services.db.tenant(tenantOf(holder), (tx) => listSessions(tx, holder.user_id), 'read')
    return { rows: rows.map((row) => ({ ...row, is_this: row.id === holder.session_id })) }
  })
  app.post('/api/auth/sessions/revoke', async (request) => {
    const holder = await mustBeOpen(services, jar, request)
    const { session } = parse(INPUTS.revoke, request)
    const ended = await services.db.tenant(tenantOf(holder), (tx) =>
      endSession(tx, { id: session, user_id: holder.user_id }, 'revoked'),
    )
    if (!ended)
      throw new Refused('NOT_FOUND', `no living session of yours has the id ${session}`, {
        status: 404,
        pointer: '/session',
      })
    return { session }
  })
}

const tenantOf = (holder: SessionHolder) => ({ org: holder.org_id, actor: holder.user_id })

async function mustHold(services: Services, jar: CookieJar, request: FastifyRequest): Promise<SessionHolder> {
  const holder = await holderOf(services, jar.read(request))
  if (!holder) throw new Refused('SIGN_IN_FIRST', 'the session is over; sign in again', { status: 401 })
  return holder
}

async function mustBeOpen(services: Services, jar: CookieJar, request: FastifyRequest): Promise<SessionHolder> {
  const holder = await mustHold(services, jar, request)
  if (holder.stage !== 'open') throw new Refused('SIGN_IN_FIRST', 'finish signing in first', { status: 401 })
  return holder
}

function parse<T extends z.ZodType>(schema: T, request: FastifyRequest): z.infer<T> {
  const parsed = schema.safeParse(request.body === undefined ? {} : request.body)
  if (!parsed.success) throw invalidInput(parsed.error)
  return parsed.data
}

const whence = (request: FastifyRequest): Whence => ({
  address: request.ip,
  agent: (request.headers['user-agent'] ?? '').replaceAll(/\P{ASCII}|\p{Cc}/gu, '?'),
})

interface CookieJar {
  read(request: FastifyRequest): string | undefined
  /** Sets the cookie and gives the answer without the token. */
  keep(reply: FastifyReply, signedIn: SignedIn): { readonly stage: SignedIn['stage'] }
  clear(reply: FastifyReply): void
}

/**
 * The one cookie. `__Host-` ties it to this very host, without a domain and for the whole path, and browsers keep that
 * promise only for Secure cookies, which they take from https and from the machine itself. On plain http across a network
 * there is no such cookie to be had, and it goes by another name.
 */
function cookieJar({ publicUrl }: Pick<Config, 'publicUrl'>): CookieJar {
  const https = publicUrl.startsWith('https:')
  const kindOf = (request: FastifyRequest) => {
    const secure = https || request.protocol === 'https' || isLoopback(request.hostname)
    return {
      name: secure ? '__Host-assay' : 'assay',
      options: { path: '/', httpOnly: true, sameSite: 'lax', secure },
    } as const
  }
  return {
    read: (request) => request.cookies[kindOf(request).name],
    keep(reply, { token: value, stage }) {
      const { name, options } = kindOf(reply.request)
      void reply.setCookie(name, value, { ...options, maxAge: SESSION_HOURS * 3600 })
      return { stage }
    },
    clear(reply) {
      const { name, options } = kindOf(reply.request)
      void reply.clearCookie(name, options)
    },
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
