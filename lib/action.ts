// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import type { Blobs } from './blobs.ts'
import type { Config } from './config.ts'
import type { Tenant, Tx } from './db.ts'
import type { Inbox } from './inbox.ts'
import type { Jobs } from './jobs.ts'
import type { Logger } from './log.ts'
import { Refused } from './refused.ts'
import type { Instant } from './time.ts'

/** Sides of the independence wall (domain/spec.md B.3); a person is on one side of an engagement only. */
export type Side = 'management' | 'auditor' | 'advisor' | 'employee' | 'external' | 'system'

/** Roles of `domain/rules.yaml`, plus `owner` (first run), `employee` and the `system` of background work. */
export type Role =
  | 'so_admin'
  | 'compliance_manager'
  | 'control_owner'
  | 'executive'
  | 'oversight'
  | 'advisor'
  | 'audit_staff'
  | 'audit_manager'
  | 'engagement_partner'
  | 'quality_reviewer'
  | 'employee'
  | 'report_user'
  | 'system'

/** Who acts. Comes from the session or the API key, never from input. */
export interface Actor {
  readonly org: string
  /** `usr_…` or `system`. Who uses an API key is the person it belongs to: nobody is two people. */
  readonly id: string
  /** `key_…` when an API key of the person acts. */
  readonly via?: string
  readonly name: string
  readonly roles: readonly Role[]
  /** API keys and background work: the operations they may call (`controls.*`); absent means all that roles allow. */
  readonly scopes?: readonly string[]
}

/** Everything an operation may touch. Doors build it; tests build it with a moved clock. */
export interface Ctx {
  /** A transaction with the tenant and the actor set; row-level security applies. Committed when `run` returns. */
  readonly tx: Tx
  readonly actor: Actor
  /** The moment of this operation, the same for all it writes. */
  readonly now: Instant
  /** Valid time a question is asked for; `now` unless the caller moved it. */
  readonly asOf: Instant
  /** Recorded time a question is asked for; `now` unless the caller moved it. */
  readonly knownAt: Instant
  readonly blobs: Blobs
  readonly inbox: Inbox
  readonly jobs: Jobs
  /** Names of all operations that the door answers: what a key's scopes may name. */
  readonly operations: readonly string[]
  /** Settings of the process: where the data lies, whom it asks for time-stamps. */
  readonly config: Config
  readonly log: Logger
}

/**
 * One operation of the product, described once; HTTP, OpenAPI, the command line and the web client are derived from it.
 * `may` answers by role before anything is loaded; rules answer by facts and throw `Refused`.
 */
export interface Action<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'query' | 'command'
  /** One sentence, imperative; shown in OpenAPI and in the command line's help. */
  readonly summary: string
  /** Roles that may; empty is nobody. `public` operations do not exist: login and set-up are hand-written doors. */
  readonly may: readonly Role[]
  readonly input: I
  readonly output: O
  /**
   * Only of queries: the answer is the same for everybody who may ask, and costs enough to be made once for all who ask
   * at the same moment. `run` must not look at the actor.
   */
  readonly shared?: true
  readonly run: (ctx: Ctx, input: z.infer<I>) => Promise<z.infer<O>>
}

type Definition<I extends z.ZodType, O extends z.ZodType> = Omit<Action<I, O>, 'kind'>

export const query = <I extends z.ZodType, O extends z.ZodType>(a: Definition<I, O>): Action<I, O> => ({
  kind: 'query',
  ...a,
})
export const command = <I extends z.ZodType, O extends z.ZodType>(a: Definition<I, O>): Action<I, O> => ({
  kind: 'command',
  ...a,
})

/** Those on management's side who act; the oversight body looks on and records its reviews (domain/rules.yaml). */
export const MANAGEMENT = ['so_admin', 'compliance_manager', 'control_owner', 'executive'] as const
export const AUDITORS = ['audit_staff', 'audit_manager', 'engagement_partner', 'quality_reviewer'] as const
/** Everybody who may look at the programme: both sides and the adviser (one truth for both sides). */
export const READERS = [...MANAGEMENT, 'oversight', 'advisor', ...AUDITORS, 'system'] as const satisfies readonly Role[]
/** Those who run the programme. */
export const MANAGERS = ['so_admin', 'compliance_manager', 'system'] as const satisfies readonly Role[]

/** Runs an operation for an actor: parses, asks `may`, runs, and lets out only what the output schema lists. */
export async function perform<I extends z.ZodType, O extends z.ZodType>(
  name: string,
  action: Action<I, O>,
  ctx: Ctx,
  raw: unknown,
): Promise<z.infer<O>> {
  permit(name, action, ctx.actor)
  const parsed = action.input.safeParse(raw)
  if (!parsed.success) throw invalidInput(parsed.error)
  return action.output.parse(await action.run(ctx, parsed.data))
}

/** @throws Refused FORBIDDEN when the role or the key's scopes do not cover the operation. */
export function permit(name: string, action: Pick<Action, 'may'>, actor: Actor): void {
  const byRole = actor.roles.some((role) => action.may.includes(role))
  const byScope = actor.scopes === undefined || actor.scopes.some((scope) => scopeCovers(scope, name))
  if (!byRole || !byScope)
    throw new Refused(
      'FORBIDDEN',
      `${name} needs one of the roles ${action.may.join(', ')}${byRole ? ' and a key whose scopes cover it' : ''}; ${actor.name} has ${actor.roles.join(', ') || 'none'}`,
      { status: 403 },
    )
}

/** Whom a transaction of this actor speaks for. */
export const tenantOf = ({ org, id, via }: Actor): Tenant => ({ org, actor: id, ...(via !== undefined && { via }) })

/** Hearing what happens (`/api/v1/events`): no operation, but a key needs a scope for it as for one. */
export const LISTEN = 'events.listen'

export const scopeCovers = (scope: string, name: string): boolean =>
  scope === '*' || scope === name || (scope.endsWith('.*') && name.startsWith(scope.slice(0, -1)))

/** RFC 6901; the whole input is the empty pointer. */
const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** The first fault of an input, as a refusal that names the field. All faults are in the message. */
export function invalidInput(error: z.ZodError): Refused {
  const issues = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: 'expected no such field' }))
      : [{ pointer: pointerOf(issue.path), message: issue.message }],
  )
  const first = issues[0]
  return new Refused(
    'INVALID_INPUT',
    issues.map(({ pointer, message }) => (pointer === '' ? message : `${pointer}: ${message}`)).join('; '),
    {
      status: 400,
      ...(first ? { pointer: first.pointer } : {}),
    },
  )
}
