// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import type { Connector } from '../../catalog/connector.ts'
import { connectorOf, connectors } from '../../catalog/connectors/registry.ts'
import { query, READERS } from '../../lib/action.ts'
import { keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import type { Instant } from '../../lib/time.ts'
import { secretNames } from '../../catalog/connector.ts'
import { healthOf, needsOf, type StreamResult } from './connection.ts'
import { findConnection, findState, lastProbe, listConnections, type ConnectionState } from './connections.store.ts'
import { listRuns, newestResults, type RunRow } from './runs.store.ts'

const when = z.object({ field: z.string(), is: z.array(z.string()).readonly() }).optional()
const need = z.object({ id: z.string(), when, what: z.string(), why: z.string(), streams: z.array(z.string()) })
const stream = z.object({ name: z.string(), says: z.string(), kind: z.string() })
const field = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string(),
  input: z.enum(['text', 'number', 'choice', 'lines', 'secret', 'secret-lines']),
  required: z.boolean(),
  options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  placeholder: z.string().optional(),
  when,
})
const outcome = z.enum(['complete', 'partial', 'denied', 'unsupported', 'failed'])
const result = z.object({
  stream: z.string(),
  kind: z.string(),
  outcome,
  why: z.string().nullable(),
  listed: z.number(),
  collected: z.number(),
  unreachable: z.number(),
  census: z.object({ n: z.number(), exact: z.string(), how: z.string() }).nullable(),
  reconciliation: z.string(),
  begun: z.number().describe('Facts that began or changed'),
  ended: z.number().describe('Facts that ended'),
  suspect: z.string().nullable(),
  remarks: z.array(z.string()),
  collection_id: z.string(),
  milliseconds: z.number(),
})
const runState = z.enum(['queued', 'running', 'done', 'failed'])
const run = z.object({
  id: z.string(),
  trigger: z.enum(['schedule', 'person']),
  state: runState,
  requested_by: z.string(),
  requested_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  because: z.string().nullable(),
  streams: z.array(result),
  intent: z.string().describe('Manifest of the ledger leaf that announced it'),
  ended: z.string().nullable().describe('Manifest of the ledger leaf that tells how it ended'),
})
const row = z.object({
  id: z.string(),
  connector: z.string(),
  connector_title: z.string(),
  name: z.string(),
  reaches: z.array(z.string()).describe('What the connection connects to'),
  every_hours: z.number(),
  enabled: z.boolean(),
  disabled_because: z.string().nullable(),
  created_at: z.string(),
  next_run_at: z.string().nullable(),
  source: z
    .object({ id: z.string(), name: z.string() })
    .nullable()
    .describe('Who was at the other end at the last run'),
  health: z.enum(['off', 'new', 'reading', 'ok', 'incomplete', 'failing', 'silent']),
  failures: z.number().describe('Failed runs since the last one that read something'),
  last_run: z
    .object({
      id: z.string(),
      state: runState,
      requested_at: z.string(),
      finished_at: z.string().nullable(),
      because: z.string().nullable(),
    })
    .nullable(),
  last_read_at: z.string().nullable(),
})

const id = z.string().max(60).describe('Id of the connection')
const readers = READERS

/** Operations that change nothing. */
export const lookingActions = {
  'connections.catalog': query({
    summary: 'List the connectors: what each reads, which settings and permissions it needs and why',
    may: readers,
    input: z.strictObject({}),
    output: z.object({
      rows: z.array(
        z.object({
          id: z.string(),
          version: z.string(),
          title: z.string(),
          says: z.string(),
          fields: z.array(field),
          config_schema: z.unknown().describe('JSON schema of the settings'),
          streams: z.array(stream),
          needs: z.array(need),
        }),
      ),
    }),
    async run() {
      return { rows: connectors.map(describe) }
    },
  }),

  'connections.list': query({
    summary: 'List connections and how they stand',
    may: readers,
    input: z.strictObject(pageInput),
    output: pageOf(row),
    async run({ tx, knownAt }, input) {
      const after = keyOf(input.after, z.tuple([z.string(), z.string()]))
      const rows = await listConnections(tx, { knownAt }, input.limit, after)
      const cut = page(rows, input.limit, (found) => [found.name, found.id])
      return { rows: cut.rows.map((found) => rowOf(found, knownAt)), next: cut.next }
    },
  }),

  'connections.get': query({
    summary: 'Show a connection: its settings, permissions, and the newest reading of each stream',
    may: readers,
    input: z.strictObject({ id }),
    output: row.extend({
      config: z.record(z.string(), z.unknown()),
      secrets: z.array(z.object({ name: z.string(), is_set: z.boolean() })),
      fields: z.array(field),
      needs: z.array(need),
      probe: z
        .object({
          at: z.string(),
          results: z.array(
            z.object({
              need: z.string(),
              state: z.enum(['granted', 'denied', 'excess', 'unsupported', 'unreachable']),
              because: z.string(),
            }),
          ),
        })
        .nullable(),
      streams: z.array(stream.extend({ newest: result.extend({ at: z.string() }).nullable() })),
    }),
    async run({ tx, knownAt }, input) {
      const state = await findState(tx, input.id, knownAt)
      const connector = connectorOf(state.connector)
      const newest = await newestResults(tx, input.id, knownAt)
      const probe = await lastProbe(tx, input.id, knownAt)
      return {
        ...rowOf(state, knownAt),
        config: { ...state.config },
        secrets: secretNames(connector).map((name) => ({ name, is_set: state.secret_names.includes(name) })),
        fields: fieldsOf(connector),
        needs: needsOf(connector),
        probe: probe ? { at: probe.at, results: [...probe.results] } : null,
        streams: connector.streams.map((one) => ({
          ...streamOf(one),
          newest: plain(newest.get(one.name)),
        })),
      }
    },
  }),

  'connections.runs': query({
    summary: 'List the runs of a connection with what each stream brought, newest first',
    may: readers,
    input: z.strictObject({ id, ...pageInput }),
    output: pageOf(run),
    async run({ tx, knownAt }, input) {
      const after = keyOf(input.after, z.tuple([keyMoment, z.string()]))
      await findConnection(tx, input.id)
      const rows = await listRuns(tx, input.id, knownAt, input.limit, after)
      const cut = page(rows, input.limit, (found) => [found.requested_at, found.id])
      return { rows: cut.rows.map(runOf), next: cut.next }
    },
  }),
}

const plain = <R extends StreamResult>(one: R | undefined) => (one ? { ...one, remarks: [...one.remarks] } : null)

const runOf = (found: RunRow) => ({
  ...found,
  streams: found.streams.map((one: StreamResult) => ({ ...one, remarks: [...one.remarks] })),
})

const fieldsOf = (connector: Connector) =>
  connector.fields.map((one) => ({
    ...one,
    options: one.options && [...one.options],
    when: one.when && { field: one.when.field, is: [...one.when.is] },
  }))

const streamOf = (one: Connector['streams'][number]) => ({ name: one.name, says: one.says, kind: one.kind.id })

const describe = (connector: Connector) => ({
  id: connector.id,
  version: connector.version,
  title: connector.title,
  says: connector.says,
  fields: fieldsOf(connector),
  config_schema: z.toJSONSchema(connector.config, { io: 'input', unrepresentable: 'any' }),
  streams: connector.streams.map(streamOf),
  needs: needsOf(connector),
})

function rowOf(state: ConnectionState, at: Instant) {
  const connector = connectorOf(state.connector)
  return {
    id: state.id,
    connector: state.connector,
    connector_title: connector.title,
    name: state.name,
    reaches: [...connector.egress(state.config)],
    every_hours: state.every_hours,
    enabled: state.enabled,
    disabled_because: state.disabled_because,
    created_at: state.created_at,
    next_run_at: state.next_run_at,
    source: state.tenant_id === null ? null : { id: state.tenant_id, name: state.tenant_name ?? state.tenant_id },
    health: healthOf({ ...state, last: state.last_run ?? undefined, read: state.last_read ?? undefined }, at),
    failures: state.failures,
    last_run: state.last_run,
    last_read_at: state.last_read?.finished_at ?? null,
  }
}
