// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { fieldsOf } from '../../catalog/cel.ts'
import type { Check } from '../../catalog/check.ts'
import { kinds } from '../../catalog/kinds/registry.ts'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import { keyCount, keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { question, together } from '../../lib/together.ts'
import {
  listRuns,
  streamRuns,
  troubleCounts,
  versionsAt,
  type Moment,
  type StreamRun,
  type TroubleRow,
  type VersionRow,
} from './checks.store.ts'
import { judgeOf } from './judgement.actions.ts'
import type { CheckState } from './monitoring.ts'
import { summarise } from './summary.ts'
import { versionsOf } from './versions.store.ts'

export const checkId = z.string().max(80).describe('Id of a check, such as changes-are-reviewed')
const STATES = [
  'fail',
  'inconclusive',
  'no_data',
  'excepted',
  'pass',
  'not_set_up',
] as const satisfies readonly CheckState[]

const edgeOutput = z.object({
  control_id: z.string(),
  strength: z.enum(['direct', 'partial', 'supporting']),
  rationale: z.string(),
})
export const countsOutput = z.object({
  pass: z.number(),
  fail: z.number(),
  excepted: z.number(),
  inconclusive: z.number(),
  not_applicable: z.number(),
  unreachable: z.number().describe('Subjects that the source could not show at the last reading'),
})
const summaryOutput = z.object({
  id: z.string(),
  title: z.string(),
  says: z.string(),
  kind: z.string(),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  origin: z.enum(['catalog', 'custom']),
  version: z.number(),
  state: z.enum(STATES),
  because: z.string().nullable().describe('Why there is no data, or why the last run could not look'),
  counts: countsOutput,
  last_run_at: z.string().nullable(),
  fresh_until: z.string().nullable().describe('Until when the readings judged prove the present'),
  controls: z.array(edgeOutput),
})
const runOutput = z.object({
  id: z.number(),
  version: z.number(),
  collection_id: z.string(),
  source_name: z.string().nullable(),
  stream: z.string().nullable(),
  at: z.string(),
  recorded_at: z.string(),
  state: z.enum(['judged', 'partial', 'inconclusive']),
  because: z.string().nullable(),
  counts: z.object({
    pass: z.number(),
    fail: z.number(),
    inconclusive: z.number(),
    not_applicable: z.number(),
    subjects: z.number(),
    unreachable: z.number(),
  }),
  covers_from: z.string(),
  fresh_until: z.string(),
  manifest: z.string().describe('Name of its statement in the ledger'),
})

/** The version of a check in force at the asked moment. @throws Refused UNKNOWN_CHECK */
export async function versionAt(ctx: Pick<Ctx, 'tx' | 'asOf' | 'knownAt'>, id: string): Promise<VersionRow> {
  const [version] = await versionsAt(ctx.tx, { check_id: id }, ctx)
  if (!version) throw new Refused('UNKNOWN_CHECK', `expected a check that is in force, got ${id}`, { status: 404 })
  return version
}

type Summary = z.infer<typeof summaryOutput>
const NO_TROUBLE = { fail: 0, excepted: 0, inconclusive: 0 }

/** Where some versions stand, to be asked together with other things. */
const standingOf = (ids: readonly number[], at: Moment) => ({
  streams: question(STREAM_MOMENTS, (tx) => streamRuns(tx, ids, at)),
  trouble: question([], (tx) => troubleCounts(tx, ids, at)),
})
const STREAM_MOMENTS = ['at', 'fresh_until', 'counted_at']

/** What a list shows of some versions. */
function summaries(
  versions: readonly VersionRow[],
  found: { readonly streams: readonly StreamRun[]; readonly trouble: readonly TroubleRow[] },
  asOf: Instant,
): Summary[] {
  const runs = Map.groupBy(found.streams, (run) => run.version)
  const trouble = new Map(found.trouble.map((row) => [row.version, row]))
  return versions.map((version) => {
    const { check, fault } = judgeOf(version)
    const summary = summarise(runs.get(version.id) ?? [], trouble.get(version.id) ?? NO_TROUBLE, asOf)
    return {
      ...summary,
      id: version.check_id,
      title: check.title,
      says: check.says,
      kind: version.kind,
      severity: check.severity,
      origin: version.origin,
      version: version.version,
      because: fault ?? summary.because,
      controls: [...version.controls],
    }
  })
}

const parsedOutput = z.object({
  where: z.string().nullable(),
  assert: z.string(),
  lookups: z.array(
    z.object({ name: z.string(), from: z.string(), on: z.record(z.string(), z.string()), ignore_case: z.boolean() }),
  ),
  params: z.record(z.string(), z.unknown()),
  fresh: z.string(),
  empty_acceptable: z.boolean(),
  needs_census: z.boolean(),
  remediation: z.string(),
})
const parsedOf = (check: Check): z.infer<typeof parsedOutput> => ({
  where: check.where ?? null,
  assert: check.assert,
  lookups: Object.entries(check.lookup).map(([name, lookup]) => ({ name, ...lookup })),
  params: check.params,
  fresh: check.fresh,
  empty_acceptable: check.empty !== undefined,
  needs_census: check.needs_census !== undefined,
  remediation: check.remediation,
})

export const checksActions = {
  'checks.list': query({
    summary: 'List the checks with what they find now and the controls they speak for',
    may: READERS,
    shared: true,
    input: z.strictObject({
      ...pageInput,
      state: z.enum(STATES).optional(),
      kind: z.string().max(60).optional(),
      severity: z.enum(['critical', 'high', 'medium', 'low']).optional(),
      control: z.string().max(40).optional(),
    }),
    output: pageOf(summaryOutput),
    async run(ctx, { limit, after, state, kind, severity, control }) {
      const key = keyOf(after, z.tuple([z.string()]))
      const versions = await versionsAt(ctx.tx, { control_id: control }, ctx)
      const ids = versions.map((version) => version.id)
      const rows = summaries(versions, await together(ctx.tx, standingOf(ids, ctx)), ctx.asOf).filter(
        (row) =>
          (key === undefined || row.id > key[0]) &&
          (state === undefined || row.state === state) &&
          (kind === undefined || row.kind === kind) &&
          (severity === undefined || row.severity === severity),
      )
      return page(rows, limit, (row) => [row.id])
    },
  }),

  'checks.get': query({
    summary: 'Show one check: what it asks, its versions, and what it finds now',
    may: READERS,
    input: z.strictObject({ id: checkId }),
    output: summaryOutput.extend({
      ...parsedOutput.shape,
      document: z.string().describe('The YAML text that judges'),
      sha256: z.string(),
      streams: z.array(
        z.object({
          source_name: z.string().nullable(),
          stream: z.string().nullable(),
          at: z.string(),
          state: z.enum(['judged', 'partial', 'inconclusive']),
          because: z.string().nullable(),
          fresh_until: z.string().nullable(),
          ended: z.boolean(),
        }),
      ),
      versions: z.array(
        z.object({
          version: z.number(),
          sha256: z.string(),
          origin: z.enum(['catalog', 'custom']),
          effective_from: z.string(),
          effective_to: z.string().nullable(),
          saved_by: z.string(),
          manifest: z.string(),
        }),
      ),
      runs: z.array(runOutput).describe('The newest 20'),
    }),
    async run(ctx, { id }) {
      const version = await versionAt(ctx, id)
      const found = await together(ctx.tx, {
        ...standingOf([version.id], ctx),
        versions: question(['effective_from', 'effective_to'], (tx) => versionsOf(tx, id)),
        runs: question(['at', 'recorded_at', 'covers_from', 'fresh_until'], (tx) => listRuns(tx, id, ctx, 20)),
      })
      const [summary] = summaries([version], found, ctx.asOf)
      return {
        ...summary!, // one version gives one summary
        ...parsedOf(judgeOf(version).check),
        document: version.document,
        sha256: version.sha256,
        streams: found.streams,
        versions: found.versions.filter((row) => row.version === 1 || row.effective_from <= ctx.knownAt),
        runs: found.runs.slice(0, 20),
      }
    },
  }),

  'checks.runs': query({
    summary: 'List the runs of a check, newest first: proof that it operated',
    may: READERS,
    input: z.strictObject({ ...pageInput, id: checkId }),
    output: pageOf(runOutput),
    async run(ctx, { id, limit, after }) {
      const key = keyOf(after, z.tuple([keyMoment, keyCount]))
      return page(await listRuns(ctx.tx, id, ctx, limit, key), limit, (row) => [row.at, row.id])
    },
  }),

  'kinds.list': query({
    summary: 'List the kinds of facts that checks can ask about, with their fields',
    may: READERS,
    input: z.strictObject({}),
    output: z.object({
      rows: z.array(
        z.object({
          id: z.string(),
          version: z.number(),
          says: z.string(),
          reading: z.enum(['state', 'event']),
          fresh_hours: z.number(),
          fields: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
          checks: z.array(z.string()).describe('Checks whose subjects are of this kind'),
        }),
      ),
    }),
    async run(ctx) {
      const versions = await versionsAt(ctx.tx, {}, ctx)
      return {
        rows: kinds.map((kind) => ({
          id: kind.id,
          version: kind.version,
          says: kind.says,
          reading: kind.reading.type,
          fresh_hours: kind.fresh_hours,
          fields: Object.entries(fieldsOf(kind)).map(([name, type]) => ({
            name,
            type: type.replace(/^dyn<(.*)>$/, '$1').replace('google.protobuf.Timestamp', 'timestamp'),
            nullable: type.startsWith('dyn<'),
          })),
          checks: versions.filter((version) => version.kind === kind.id).map((version) => version.check_id),
        })),
      }
    },
  }),
}
