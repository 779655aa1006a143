// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { CHECK_MOST_BYTES, parseCheck, spanMs, type Check } from '../../catalog/check.ts'
import { framework } from '../../catalog/framework.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { textHash } from '../../catalog/library.ts'
import { compileCheck } from '../../catalog/verdict.ts'
import { command, MANAGERS, query } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { HOUR_MS } from '../../lib/time.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { checkId, countsOutput } from './checks.actions.ts'
import { subjectLabels } from './checks.store.ts'
import { examplesOf } from './evaluator.ts'
import { judgePopulation } from './judgement.actions.ts'
import { countsOf, joinedKinds } from './monitoring.ts'
import { judgeAgain, retireCheck, saveVersions, versionsOf } from './versions.store.ts'

const document = z.string().min(1).max(CHECK_MOST_BYTES).describe('YAML text of the check')

/**
 * Reads a text as a check that could judge here.
 * @throws Refused BAD_CHECK, BAD_EXPRESSION, CHECK_TOO_LARGE, UNKNOWN_KIND, UNKNOWN_CONTROL
 */
function readCheck(text: string): Check {
  const check = parseCheck(text)
  const { kind } = compileCheck(check, kindOf)
  if (spanMs(check.fresh) > kind.fresh_hours * HOUR_MS)
    throw new Refused(
      'BAD_CHECK',
      `expected at most ${kind.fresh_hours}h, the limit of ${kind.id}; got ${check.fresh}`,
      {
        pointer: '/fresh',
      },
    )
  for (const [i, { id }] of check.controls.entries())
    if (!framework().controls.has(id))
      throw new Refused('UNKNOWN_CONTROL', `expected a control of the library, got ${id}`, {
        pointer: `/controls/${i}/id`,
      })
  return check
}

export const authoringActions = {
  'checks.save': command({
    summary: 'Save a check of your own, or your own text for one of the catalog, and judge with it at once',
    may: MANAGERS,
    input: z.strictObject({
      document,
      version: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe('Version the text was written for; 0 for a new check. Refused when somebody else saved since'),
    }),
    output: z.object({ id: z.string(), version: z.number(), sha256: z.string() }),
    async run(ctx, { document: text, version }) {
      const check = readCheck(text)
      const faults = await examplesOf(text)
      if (faults.length > 0)
        throw new Refused('EXAMPLES_FAIL', faults.slice(0, 10).join('; '), { pointer: '/examples' })
      const [newest] = await versionsOf(ctx.tx, check.id)
      const current = newest && newest.effective_to === null ? newest.version : 0
      if (version !== undefined && version !== current)
        throw new Refused('ID_TAKEN', `expected version ${version} of ${check.id}, it is at ${current}`, {
          status: 409,
          pointer: '/version',
        })
      if (current > 0 && newest?.sha256 === textHash(text))
        throw new Refused('NOTHING_CHANGED', `version ${current} of ${check.id} has exactly this text`, { status: 409 })
      await saveVersions(ctx.tx, [{ check, text, origin: 'custom' }])
      const saved = (newest?.version ?? 0) + 1
      await recordAudit(ctx.tx, {
        event: 'check.saved',
        subject: check.id,
        details: { version: saved, sha256: textHash(text) },
      })
      await judgeAgain(ctx.tx, ctx.jobs, new Set([check.for]))
      return { id: check.id, version: saved, sha256: textHash(text) }
    },
  }),

  'checks.try': query({
    summary: 'Judge the facts of now with a text that is not saved; nothing is written',
    may: MANAGERS,
    input: z.strictObject({
      document,
      limit: z.coerce.number().int().min(1).max(5000).default(1000).describe('How many subjects at most'),
    }),
    output: z.object({
      id: z.string(),
      joins: z.array(z.string()),
      examples: z.array(z.string()).describe('What is wrong with the examples'),
      counts: countsOutput.pick({ pass: true, fail: true, inconclusive: true, not_applicable: true }),
      because: z.string().nullable().describe('Why the joined facts cannot be believed'),
      more: z.boolean().describe('There are more subjects than were judged'),
      outcomes: z
        .array(
          z.object({ subject_id: z.number(), label: z.string(), status: z.string(), because: z.string().nullable() }),
        )
        .describe('At most 50, the worst first'),
    }),
    async run(ctx, { document: text, limit }) {
      const check = readCheck(text)
      const examples = [...(await examplesOf(text, 2000))]
      const judgement = await judgePopulation(
        ctx.tx,
        [{ text, check, fault: undefined }],
        { kind: check.for, stream: undefined, at: ctx.asOf },
        { deadline_ms: 2000, rows: limit },
      )
      const { statuses, because } = judgement.verdicts[0]! // one check was asked
      const order = ['fail', 'inconclusive', 'pass', 'not_applicable']
      const shown = statuses
        .map((status, i) => ({ subject_id: judgement.subjects[i]!, status, because: because[i] ?? null })) // columns of one length
        .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
        .slice(0, 50)
      const labels = await subjectLabels(
        ctx.tx,
        shown.map((row) => row.subject_id),
      )
      return {
        id: check.id,
        joins: joinedKinds(check),
        examples,
        counts: countsOf(statuses),
        because: judgement.joined[0]?.fault ?? null,
        more: judgement.subjects.length >= limit,
        outcomes: shown.map((row) => ({ ...row, label: labels.get(row.subject_id) ?? '' })),
      }
    },
  }),

  'checks.retire': command({
    summary: 'Retire a check: it judges no more, and everything it found stays',
    may: MANAGERS,
    input: z.strictObject({ id: checkId, because: z.string().min(10).max(1000) }),
    output: z.object({ id: z.string() }),
    async run(ctx, { id, because }) {
      const [newest] = await versionsOf(ctx.tx, id)
      if (!newest || newest.effective_to !== null)
        throw new Refused('UNKNOWN_CHECK', `expected a check that is in force, got ${id}`, { status: 404 })
      await retireCheck(ctx.tx, newest, because)
      await recordAudit(ctx.tx, { event: 'check.retired', subject: id, details: { version: newest.version } })
      return { id }
    },
  }),
}
