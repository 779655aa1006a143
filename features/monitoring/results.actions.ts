// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import type { Tx } from '../../lib/db.ts'
import { keyOf, keyCount, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { question, together } from '../../lib/together.ts'
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
  const joins = Object.values(check.lookup).flatMap(({ from, on, ignore_case }) => {
    const values = Object.entries(on).map(([theirs, ours]) => [theirs, fact.body[ours]] as const)
    if (values.some(([, value]) => value === null || value === undefined)) return []
    const equal = Object.fromEntries(values.map(([theirs, value]) => [theirs, String(value)]))
    return [{ from, ask: (tx: Tx) => equalFacts(tx, from, equal, ignore_case, ctx) }]
  })
  const found = await together(ctx.tx, Object.fromEntries(joins.map(({ ask }, i) => [i, question([], ask)])))
  const rows: Record<string, string[]> = {}
  for (const [i, { from }] of joins.entries()) rows[from] = [...(rows[from] ?? []), ...(found[i] ?? [])]
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
      const key = keyOf(after, z.tuple([z.enum(STATUSES), keyCount]))
      const version = await versionAt(ctx, id)
      const wanted = status ? [status] : STATUSES.slice(key ? STATUSES.indexOf(key[0]) : 0)
      const ask = (each: OutcomeRow['status']) =>
        question(['since', 'recorded_at'], (tx) => {
          const of = { version: version.id, check_id: id, status: each, search }
          return listOutcomes(tx, of, ctx, limit, key?.[0] === each ? key[1] : 0)
        })
      const found = await together(ctx.tx, Object.fromEntries(wanted.map((each) => [each, ask(each)])))
      const rows = wanted.flatMap((each) => found[each] ?? [])
      return page(rows.slice(0, limit + 1), limit, (row) => [row.status, row.subject_id])
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
      const { outcome, fact, history, runs } = await together(ctx.tx, {
        outcome: question(['since', 'recorded_at'], (tx) =>
          getOutcome(tx, { version: version.id, check_id: id, subject_id }, ctx),
        ),
        fact: question(['observed_at', 'valid_from'], (tx) => subjectFact(tx, version.kind, subject_id, ctx)),
        history: question(['valid_from', 'valid_to', 'recorded_at', 'superseded_at'], (tx) =>
          outcomeHistory(tx, id, subject_id),
        ),
        runs: question(['at'], (tx) => listRuns(tx, id, ctx, 1)),
      })
      if (!outcome && !fact && history.length === 0)
        throw new Refused('UNKNOWN_SUBJECT', `expected a subject of ${id}, got ${subject_id}`, { status: 404 })
      const asked_at = runs[0]?.at ?? ctx.asOf
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
