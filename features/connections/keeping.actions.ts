// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { connectorOf } from '../../catalog/connectors/registry.ts'
import { command, MANAGERS, type Ctx } from '../../lib/action.ts'
import { newId } from '../../lib/ids.ts'
import { Refused } from '../../lib/refused.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { checkSecrets, parseConfig } from './connection.ts'
import {
  createConnection,
  findConnection,
  lockConnection,
  openSecrets,
  setEnabled,
  updateConnection,
} from './connections.store.ts'
import { forgetCursors, intendRun } from './runs.store.ts'

const id = z.string().max(60).describe('Id of the connection')
const name = z.string().trim().min(1).max(120).describe('What people call it; unique in the organisation')
const every_hours = z.number().int().min(1).max(720).describe('Hours between two runs')
const config = z
  .record(z.string(), z.unknown())
  .describe('Settings as the connector declares them (connections.catalog)')
const secret = z.string().min(1).max(20_000)

/** Operations that change a connection or send it reading. */
export const keepingActions = {
  'connections.create': command({
    summary: 'Connect a system; its permissions are looked at, and its first run starts, at once',
    may: MANAGERS,
    input: z.strictObject({
      connector: z.string().max(60).describe('Id of the connector'),
      name,
      config,
      secrets: z.record(z.string(), secret).default({}).describe('Sealed on arrival; can only be replaced'),
      every_hours: every_hours.default(24),
    }),
    output: z.object({ id: z.string(), run: z.string() }),
    async run(ctx, input) {
      const connector = connectorOf(input.connector)
      checkSecrets(connector, input.secrets)
      const made = {
        id: newId('con', Date.parse(ctx.now)),
        connector: connector.id,
        name: input.name,
        config: parseConfig(connector, input.config),
        secrets: input.secrets,
        every_hours: input.every_hours,
      }
      await createConnection(ctx.tx, made)
      const run = await intendRun(ctx.tx, made, connector, 'person')
      await ctx.jobs.enqueue(ctx.tx, 'sync', { probe: made.id, run }, { key: run })
      return { id: made.id, run }
    },
  }),

  'connections.update': command({
    summary: 'Change how a connection is reached, named or scheduled; secrets that are not given stay',
    may: MANAGERS,
    input: z.strictObject({
      id,
      name: name.optional(),
      config: config.optional(),
      secrets: z.record(z.string(), secret.nullable()).default({}).describe('New values by name; null takes one away'),
      every_hours: every_hours.optional(),
    }),
    output: z.object({ id: z.string() }),
    async run(ctx, input) {
      const row = await lockConnection(ctx.tx, input.id)
      const connector = connectorOf(row.connector)
      checkSecrets(connector, input.secrets)
      const changed = input.config === undefined ? row.config : parseConfig(connector, input.config)
      const secrets = { ...(await openSecrets(ctx.tx, row.id)), ...input.secrets }
      const leadsElsewhere = canonicalJson(connector.place(changed)) !== canonicalJson(connector.place(row.config))
      await updateConnection(
        ctx.tx,
        {
          id: row.id,
          connector: row.connector,
          name: input.name ?? row.name,
          config: changed,
          // A secret given for one system is not carried to another by a change of its address.
          secrets: present(leadsElsewhere ? input.secrets : secrets),
          every_hours: input.every_hours ?? row.every_hours,
        },
        row.enabled,
      )
      if (canonicalJson(changed) !== canonicalJson(row.config)) await forgetCursors(ctx.tx, row.id)
      await look(ctx, row.id)
      return { id: row.id }
    },
  }),

  'connections.setEnabled': command({
    summary: 'Switch a connection on or off; switching off needs a reason, and its streams are no longer waited for',
    may: MANAGERS,
    input: z.strictObject({
      id,
      enabled: z.boolean(),
      because: z.string().trim().min(10).max(1000).optional().describe('Why it is switched off'),
    }),
    output: z.object({ id: z.string(), enabled: z.boolean() }),
    async run({ tx }, input) {
      const row = await lockConnection(tx, input.id)
      if (!input.enabled && input.because === undefined)
        throw new Refused(
          'REASON_REQUIRED',
          'expected a reason of at least 10 characters for switching off, got none',
          {
            pointer: '/because',
          },
        )
      if (row.enabled !== input.enabled) await setEnabled(tx, row, input.enabled, input.because ?? null)
      return { id: row.id, enabled: input.enabled }
    },
  }),

  'connections.probe': command({
    summary: 'Look at what a connection is permitted to read; the answer is in connections.get a moment later',
    may: MANAGERS,
    input: z.strictObject({ id }),
    output: z.object({ id: z.string() }),
    async run(ctx, input) {
      const row = await findConnection(ctx.tx, input.id)
      await look(ctx, row.id)
      return { id: row.id }
    },
  }),

  'connections.run': command({
    summary: 'Read a connection now; its intent is in the ledger before it starts',
    may: MANAGERS,
    input: z.strictObject({ id }),
    output: z.object({ run: z.string() }),
    async run({ tx, jobs }, input) {
      const row = await lockConnection(tx, input.id)
      if (!row.enabled)
        throw new Refused(
          'SWITCHED_OFF',
          `${row.name} is switched off (${row.disabled_because ?? ''}); switch it on first`,
          {
            status: 409,
          },
        )
      const run = await intendRun(tx, row, connectorOf(row.connector), 'person')
      await jobs.enqueue(tx, 'sync', { run }, { key: run })
      return { run }
    },
  }),
}

const look = ({ tx, jobs }: Pick<Ctx, 'tx' | 'jobs'>, connection_id: string): Promise<void> =>
  jobs.enqueue(tx, 'sync', { probe: connection_id }, { key: `probe:${connection_id}` })

const present = (secrets: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).flatMap(([key, value]) => (value === null ? [] : [[key, value]])))
