// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, query, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { DAY_MS, instant } from '../../lib/time.ts'
import { checkScopes, KEY_DAYS_MAX } from './api-keys.ts'
import { listKeys, makeKey, revokeKey } from './keys.store.ts'
import { EVERYONE } from './roles.ts'

const keyOutput = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  created_at: z.string(),
  expires_at: z.string(),
  seen_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
})

const isAdministrator = (ctx: Ctx): boolean => ctx.actor.roles.includes('so_admin')

export const keyActions = {
  'people.keys': query({
    summary: 'List your API keys; an administrator sees those of everybody',
    may: EVERYONE,
    input: z.strictObject({}),
    output: z.object({ rows: z.array(keyOutput) }),
    async run(ctx) {
      const rows = await listKeys(ctx.tx, isAdministrator(ctx) ? undefined : ctx.actor.id)
      return { rows: rows.map((row) => ({ ...row, scopes: [...row.scopes] })) }
    },
  }),
  'people.createKey': command({
    summary: 'Make an API key that acts with your roles within its scopes; answers the key, once',
    may: EVERYONE,
    input: z.strictObject({
      name: z
        .string()
        .trim()
        .min(1)
        .max(120)
        .regex(/^\P{C}+$/u, 'expected plain text on one line'),
      scopes: z
        .array(z.string().max(100))
        .min(1)
        .max(100)
        .describe('Operations such as controls.list, or all of a noun such as controls.*'),
      days: z.number().int().min(1).max(KEY_DAYS_MAX).describe('Days until it expires'),
    }),
    output: z.object({ id: z.string(), key: z.string(), expires_at: z.string() }),
    async run(ctx, { name, scopes, days }) {
      if (ctx.actor.via !== undefined)
        throw new Refused('PERSON_ONLY', 'expected a person who is signed in; a key makes no keys', { status: 403 })
      checkScopes(scopes, ctx.operations)
      const expires_at = instant(Date.parse(ctx.now) + days * DAY_MS)
      const made = await makeKey(ctx.tx, { user_id: ctx.actor.id, name, scopes: [...new Set(scopes)], expires_at })
      return { ...made, expires_at }
    },
  }),
  'people.revokeKey': command({
    summary: 'Revoke an API key: your own, or as an administrator anybody’s; a key may revoke itself',
    may: EVERYONE,
    input: z.strictObject({ key: z.string().max(40) }),
    output: z.object({ key: z.string() }),
    async run(ctx, { key }) {
      const { via } = ctx.actor
      if (via !== undefined && key !== via)
        throw new Refused('PERSON_ONLY', 'a key revokes only itself', { status: 403, pointer: '/key' })
      await revokeKey(ctx.tx, key, isAdministrator(ctx) ? undefined : ctx.actor.id)
      return { key }
    },
  }),
}
