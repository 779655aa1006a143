// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import { keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { checkId, versionAt } from './checks.actions.ts'
import {
  equalFacts,
  getOutcome,
  listOutcomes,
  listRuns,
  outcomeHistory,
  subjectFact,
  type OutcomeRow,
  type SubjectFact,
} from './checks.store.ts'
import { openSession } from './evaluator.ts'
import { judgeOf, type Judge } from './judgement.actions.ts'

/** The order in which people want to see them. */
const STATUSES = [
  'fail',
  'inconclusive',
  'excepted',
  'pass',
  'not_applicable',
] as const satisfies readonly OutcomeRow['status'][]

const outcomeOutput = z.object({
  subject_id: z.number(),
  key: z.string(),
  label: z.string(),
  source_name: z.string(),
  stream: z.string(),
  status: z.enum(STATUSES),
  because: z.string().nullable(),
  since: z.string(),
  recorded_at: z.string(),
})

const explained = z.object({
  status: z.enum(['pass', 'fail', 'inconclusive', 'not_applicable']),
  because: z.string().nullable(),
  parts: z.array(z.object({ in: z.enum(['where', 'assert']), text: z.string(), value: z.unknown() })).readonly(),
  joined: z.array(z.object({ name: z.string(), rows: z.number(), first: z.array(z.unknown()).readonly() })).readonly(),
})

/** The facts that a check joins to one subject, as JSON texts by kind. */
async function joinedRows(ctx: Ctx, { check }: Judge, fact: SubjectFact): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {}
  for (const { from, on, ignore_case } of Object.values(check.lookup)) {
    const values = Object.entries(on).map(([theirs, ours]) => [theirs, fact.body[ours]] as const)
    if (values.some(([, value]) => value === null || value === undefined)) continue
    const equal = Object.fromEntries(values.map(([theirs, value]) => [theirs, String(value)]))
    rows[from] = [...(rows[from] ?? []), ...(await equalFacts(ctx.tx, from, equal, ignore_case, ctx))]
  }
  return rows
}

/** Asks the check again about one fact, and for the values behind the answer; null when it cannot answer. */
async function explainFact(
  ctx: Ctx,
  judge: Judge,
  fact: SubjectFact,
  now: Instant,
): Promise<z.infer<typeof explained> | null> {
  if (judge.fault !== undefined) return null
  const rows = await joinedRows(ctx, judge, fact)
  const session = await openSession({ texts: [judge.text], now, rows, deadline_ms: 2000 })
  try {
    return (await session.explain(JSON.stringify(fact.body))) ?? null
  } finally {
    session.close()
  }
}

export const resultsActions = {
  'checks.outcomes': query({
    summary: 'List the subjects of a check with their verdicts, the worst first',
    may: READERS,
    input: z.strictObject({
      ...pageInput,
      id: checkId,
      status: z.enum(STATUSES).optional(),
      search: z.string().min(1).max(100).optional().describe('Part of the label or key, as written'),
    }),
    output: pageOf(outcomeOutput),
    async run(ctx, { id, limit, after, status, search }) {
      const version = await versionAt(ctx, id)
      const key = keyOf(after, z.tuple([z.enum(STATUSES), z.number().int()]))
      const wanted = status ? [status] : STATUSES.slice(key ? STATUSES.indexOf(key[0]) : 0)
      const rows: OutcomeRow[] = []
      for (const each of wanted) {
        if (rows.length > limit) break
        const of = { version: version.id, check_id: id, status: each, search }
        rows.push(...(await listOutcomes(ctx.tx, of, ctx, limit - rows.length, key?.[0] === each ? key[1] : 0)))
      }
      return page(rows, limit, (row) => [row.status, row.subject_id])
    },
  }),

  'checks.outcome': query({
    summary: 'Show why one subject got its verdict: the fact, the values compared, the capture, and how to fix it',
    may: READERS,
    input: z.strictObject({ id: checkId, subject_id: z.coerce.number().int().positive() }),
    output: z.object({
      check: z.object({
        id: z.string(),
        title: z.string(),
        says: z.string(),
        version: z.number(),
        remediation: z.string(),
      }),
      outcome: outcomeOutput.nullable().describe('Null when nothing was found at that moment'),
      fact: z
        .object({
          label: z.string(),
          key: z.string(),
          body: z.record(z.string(), z.unknown()),
          valid_from: z.string(),
          observed_at: z.string(),
          collection_id: z.string(),
          capture_n: z.number(),
          capture_name: z.string().nullable(),
          pointer: z.string().describe('Where in the capture it was read'),
        })
        .nullable(),
      asked_at: z.string().nullable().describe('The moment of judging that the values below are for'),
      explanation: explained.nullable(),
      history: z.array(
        z.object({
          version: z.number(),
          status: z.enum(['pass', 'fail', 'inconclusive', 'not_applicable']),
          because: z.string().nullable(),
          valid_from: z.string(),
          valid_to: z.string().nullable(),
          recorded_at: z.string(),
          superseded_at: z.string().nullable(),
        }),
      ),
    }),
    async run(ctx, { id, subject_id }) {
      const version = await versionAt(ctx, id)
      const judge = judgeOf(version)
      const outcome = await getOutcome(ctx.tx, { version: version.id, check_id: id, subject_id }, ctx)
      const fact = await subjectFact(ctx.tx, version.kind, subject_id, ctx)
      const history = await outcomeHistory(ctx.tx, id, subject_id)
      if (!outcome && !fact && history.length === 0)
        throw new Refused('UNKNOWN_SUBJECT', `expected a subject of ${id}, got ${subject_id}`, { status: 404 })
      const [run] = await listRuns(ctx.tx, id, ctx, 1)
      const asked_at = run?.at ?? ctx.asOf
      const { title, says, remediation } = judge.check
      return {
        check: { id, title, says, version: version.version, remediation },
        outcome: outcome ?? null,
        fact: fact ?? null,
        asked_at: fact ? asked_at : null,
        explanation: fact ? await explainFact(ctx, judge, fact, asked_at) : null,
        history: history.filter((row) => row.recorded_at <= ctx.knownAt),
      }
    },
  }),
}
