// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, MANAGERS, query, READERS, type Ctx } from '../../lib/action.ts'
import { page, pageInput, pageOf, keyOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { removeSecondFactor } from './factors.store.ts'
import { invite, listInvitations, offerPassword, revokeInvitation } from './invitations.store.ts'
import { keyActions } from './keys.actions.ts'
import { revokeKeysOf } from './keys.store.ts'
import {
  countHolders,
  disableAccount,
  enableAccount,
  erasePerson,
  getOrganization,
  getPerson,
  grantRoles,
  hasEmail,
  listPeople,
  revokeRoles,
  takeTurns,
  type PersonRow,
} from './people.store.ts'
import {
  canGrant,
  checkInvitation,
  decideAccess,
  decideRoles,
  EVERYONE,
  invitable,
  needsSecondFactor,
  PERSON_ROLES,
  type PersonRole,
} from './roles.ts'
import { endSessionsOf } from './sessions.store.ts'

const role = z.enum(PERSON_ROLES)
const roles = z
  .array(role)
  .min(1)
  .max(PERSON_ROLES.length)
  .refine((list) => new Set(list).size === list.length, 'expected each role once')
/** A name as people write it: no control characters and no marks that turn the direction of text. */
export const nameText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, 'expected plain text on one line')
const personId = z.string().max(40).describe('Id of a person, usr_…')
const chosen = z.strictObject({ person: personId })
const link = z.object({
  id: z.string(),
  path: z.string().describe('Page of the link under the address of Assay; shown once, opens once'),
  expires_at: z.string(),
})
const changed = z.object({ person: z.string() })

const personOutput = z.object({
  id: z.string(),
  name: z.string().nullable().describe('null once the person was erased'),
  email: z.string().nullable(),
  side: z.enum(['management', 'advisor', 'auditor', 'external']),
  roles: z.array(role),
  state: z.enum(['active', 'disabled']),
  has_second_factor: z.boolean(),
  created_at: z.string(),
  seen_at: z.string().nullable(),
})

/** People of both sides who may see to accounts; which roles they may touch is `canGrant`'s to say. */
const GRANTERS = [...MANAGERS.filter((held) => held !== 'system'), 'engagement_partner', 'audit_manager'] as const

/** Who may enter is a person's decision: a key never changes accounts. @throws Refused PERSON_ONLY */
export function refuseKeys(ctx: Ctx): void {
  if (ctx.actor.via !== undefined)
    throw new Refused('PERSON_ONLY', 'expected a person who is signed in; API keys do not change who may enter', {
      status: 403,
    })
}

/** Loads the person and what the rules of access need, while nobody else changes people. */
async function changing(ctx: Ctx, id: string) {
  refuseKeys(ctx)
  await takeTurns(ctx.tx)
  const person = await getPerson(ctx.tx, id)
  return { actor: ctx.actor, person, administrators: await countHolders(ctx.tx, 'so_admin') }
}

/** Open invitations that the caller could have made; an administrator watches over all. */
async function ownInvitations({ tx, actor }: Ctx) {
  const rows = await listInvitations(tx)
  return rows.filter(
    (row) => actor.roles.includes('so_admin') || row.roles.every((invited) => canGrant(actor, invited)),
  )
}

async function setRoles(ctx: Ctx, input: { person: string; roles: PersonRole[] }): Promise<PersonRow> {
  const { grant, revoke } = decideRoles({ ...(await changing(ctx, input.person)), roles: input.roles })
  const { side } = await getPerson(ctx.tx, input.person)
  await revokeRoles(ctx.tx, input.person, revoke)
  await grantRoles(ctx.tx, input.person, side, grant)
  if (grant.length + revoke.length > 0) await endSessionsOf(ctx.tx, input.person, 'roles')
  return await getPerson(ctx.tx, input.person)
}

export const peopleActions = {
  'me.get': query({
    summary: 'Show who you are, your roles, and what you may grant',
    may: EVERYONE,
    input: z.strictObject({}),
    output: z.object({
      id: z.string(),
      by: z.enum(['session', 'key']),
      name: z.string().nullable(),
      email: z.string().nullable(),
      side: personOutput.shape.side,
      roles: z.array(role),
      scopes: z.array(z.string()).nullable(),
      needs_second_factor: z.boolean(),
      has_second_factor: z.boolean(),
      grantable: z.array(role),
      organization: z.object({ id: z.string(), name: z.string() }),
    }),
    async run({ tx, actor }) {
      const isKey = actor.via !== undefined
      const person = await getPerson(tx, actor.id)
      return {
        ...person,
        roles: [...person.roles],
        by: isKey ? ('key' as const) : ('session' as const),
        scopes: actor.scopes ? [...actor.scopes] : null,
        needs_second_factor: needsSecondFactor(person.roles),
        grantable: isKey ? [] : invitable(actor, await countHolders(tx, 'engagement_partner')),
        organization: await getOrganization(tx),
      }
    },
  }),
  'people.list': query({
    summary: 'List the people of the organisation with their sides and roles',
    may: READERS,
    input: z.strictObject(pageInput),
    output: pageOf(personOutput),
    async run({ tx }, { limit, after }) {
      const rows = await listPeople(tx, limit, keyOf(after, z.tuple([z.string()]))?.[0])
      return page(
        rows.map((row) => ({ ...row, roles: [...row.roles] })),
        limit,
        (row) => [row.id],
      )
    },
  }),
  'people.invite': command({
    summary: 'Invite somebody to join with roles of one side; answers the one-time link',
    may: GRANTERS,
    input: z.strictObject({
      name: nameText(200),
      email: z.email().max(254).toLowerCase(),
      roles,
    }),
    output: link,
    async run(ctx, input) {
      refuseKeys(ctx)
      await takeTurns(ctx.tx)
      checkInvitation(ctx.actor, input.roles, await countHolders(ctx.tx, 'engagement_partner'))
      if (await hasEmail(ctx.tx, input.email))
        throw new Refused('EMAIL_TAKEN', 'somebody of this organisation has this address already', {
          status: 409,
          pointer: '/email',
        })
      return await invite(ctx.tx, input)
    },
  }),
  'people.invitations': query({
    summary: 'List invitations that are still open',
    may: GRANTERS,
    input: z.strictObject({}),
    output: z.object({
      rows: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          email: z.string(),
          roles: z.array(role),
          invited_by: z.string(),
          created_at: z.string(),
          expires_at: z.string(),
        }),
      ),
    }),
    run: async (ctx) => ({ rows: (await ownInvitations(ctx)).map((row) => ({ ...row, roles: [...row.roles] })) }),
  }),
  'people.revokeInvitation': command({
    summary: 'Withdraw an invitation',
    may: GRANTERS,
    input: z.strictObject({ invitation: z.string().max(40) }),
    output: z.object({ invitation: z.string() }),
    async run(ctx, { invitation }) {
      refuseKeys(ctx)
      const isOwn = (await ownInvitations(ctx)).some(({ id }) => id === invitation)
      if (!isOwn)
        throw new Refused('NOT_FOUND', `no open invitation has the id ${invitation}`, {
          status: 404,
          pointer: '/invitation',
        })
      await revokeInvitation(ctx.tx, invitation)
      return { invitation }
    },
  }),
  'people.setRoles': command({
    summary: 'Set the roles of somebody else, all of one side; ends their sessions',
    may: GRANTERS,
    input: z.strictObject({ person: personId, roles }),
    output: personOutput,
    async run(ctx, input) {
      const row = await setRoles(ctx, input)
      return { ...row, roles: [...row.roles] }
    },
  }),
  'people.disable': command({
    summary: 'Shut somebody out; ends their sessions and keys at once',
    may: GRANTERS,
    input: chosen,
    output: changed,
    async run(ctx, { person }) {
      decideAccess({ ...(await changing(ctx, person)), isEnding: true })
      await disableAccount(ctx.tx, person)
      await endSessionsOf(ctx.tx, person, 'disabled')
      await revokeKeysOf(ctx.tx, person)
      return { person }
    },
  }),
  'people.enable': command({
    summary: 'Let somebody in again',
    may: GRANTERS,
    input: chosen,
    output: changed,
    async run(ctx, { person }) {
      decideAccess({ ...(await changing(ctx, person)), isEnding: false })
      await enableAccount(ctx.tx, person)
      return { person }
    },
  }),
  'people.resetPassword': command({
    summary: 'Make a one-time link for somebody to set a new password; their second factor stays',
    may: GRANTERS,
    input: chosen,
    output: link,
    async run(ctx, { person }) {
      decideAccess({ ...(await changing(ctx, person)), isEnding: false })
      return await offerPassword(ctx.tx, person)
    },
  }),
  'people.resetSecondFactor': command({
    summary: 'Remove the authenticator of somebody who lost it; they enrol another after their next sign-in',
    may: GRANTERS,
    input: chosen,
    output: changed,
    async run(ctx, { person }) {
      decideAccess({ ...(await changing(ctx, person)), isEnding: false })
      await removeSecondFactor(ctx.tx, person)
      await endSessionsOf(ctx.tx, person, 'second-factor')
      return { person }
    },
  }),
  'people.erase': command({
    summary: 'Erase the name and address of somebody who was shut out; the pseudonym stays in the ledger',
    may: ['so_admin'],
    input: chosen,
    output: changed,
    async run(ctx, { person }) {
      const state = await changing(ctx, person)
      decideAccess({ ...state, isEnding: true })
      if (state.person.state !== 'disabled')
        throw new Refused('STILL_ACTIVE', 'expected somebody who was shut out first', { status: 409 })
      await erasePerson(ctx.tx, person)
      return { person }
    },
  }),
  ...keyActions,
}
