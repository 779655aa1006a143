// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, MANAGERS, query, READERS } from '../../lib/action.ts'
import { keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { DAY_MS } from '../../lib/time.ts'
import { getPerson } from '../people/people.store.ts'
import { checkId, versionAt } from './checks.actions.ts'
import { subjectLabels } from './checks.store.ts'
import { getException, listExceptions, saveException, withdrawException } from './exceptions.store.ts'

/** Longest time for which a failure may be accepted before somebody looks again. */
const LONGEST_DAYS = 366

export const exceptionsActions = {
  'checks.except': command({
    summary: 'Approve an exception that somebody else asked for: these failures are known and accepted until a date',
    may: MANAGERS,
    input: z.strictObject({
      id: checkId,
      subject_id: z.number().int().positive().optional().describe('One subject; all subjects of the check when absent'),
      because: z.string().trim().min(10).max(2000).describe('Why the failure is accepted'),
      compensating_control: z.string().trim().min(3).max(1000).describe('What keeps the risk down meanwhile'),
      from: z.iso
        .datetime()
        .optional()
        .describe('First moment; now when absent. Not in the past: what has failed stays failed'),
      until: z.iso.datetime().describe('Moment at which it ends by itself'),
      requested_by: z.string().max(40).describe('Who asked for it, usr_…; another person than the one who approves'),
    }),
    output: z.object({ id: z.string() }),
    async run(ctx, input) {
      await versionAt({ tx: ctx.tx, asOf: ctx.now, knownAt: ctx.now }, input.id)
      if (input.requested_by === ctx.actor.id)
        throw new Refused('SELF_APPROVED', 'an exception is approved by another person than the one who asks for it', {
          pointer: '/requested_by',
        })
      await getPerson(ctx.tx, input.requested_by)
      const from = input.from ?? ctx.now
      if (from < ctx.now)
        throw new Refused('EXCEPTION_DATES', `expected a beginning from ${ctx.now} on, got ${from}`, {
          pointer: '/from',
        })
      if (input.until <= from || Date.parse(input.until) - Date.parse(from) > LONGEST_DAYS * DAY_MS)
        throw new Refused(
          'EXCEPTION_DATES',
          `expected an end within ${LONGEST_DAYS} days after ${from}, got ${input.until}`,
          {
            pointer: '/until',
          },
        )
      if (input.subject_id !== undefined && (await subjectLabels(ctx.tx, [input.subject_id])).size === 0)
        throw new Refused('UNKNOWN_SUBJECT', `expected a subject of ${input.id}, got ${input.subject_id}`, {
          status: 404,
        })
      const id = await saveException(ctx.tx, {
        check_id: input.id,
        subject_id: input.subject_id,
        because: input.because,
        compensating_control: input.compensating_control,
        valid_from: from,
        valid_to: input.until,
        requested_by: input.requested_by,
      })
      return { id }
    },
  }),

  'checks.withdrawException': command({
    summary: 'End an exception now',
    may: MANAGERS,
    input: z.strictObject({ exception_id: z.string().max(40) }),
    output: z.object({ exception_id: z.string() }),
    async run(ctx, { exception_id }) {
      const exception = await getException(ctx.tx, exception_id)
      if (!exception)
        throw new Refused('UNKNOWN_EXCEPTION', `expected an exception, got ${exception_id}`, { status: 404 })
      if (!(await withdrawException(ctx.tx, exception)))
        throw new Refused('ALREADY_WITHDRAWN', `${exception_id} was withdrawn before`, { status: 409 })
      return { exception_id }
    },
  }),

  'checks.exceptions': query({
    summary: 'List exceptions, newest first',
    may: READERS,
    input: z.strictObject({
      ...pageInput,
      id: checkId.optional(),
      in_force: z
        .stringbool()
        .or(z.boolean())
        .optional()
        .describe('Only those in force at the asked moment, or only the others'),
    }),
    output: pageOf(
      z.object({
        id: z.string(),
        check_id: z.string(),
        subject_id: z.number().nullable(),
        subject: z.string().nullable(),
        because: z.string(),
        compensating_control: z.string(),
        valid_from: z.string(),
        valid_to: z.string(),
        requested_by: z.string(),
        approved_by: z.string(),
        recorded_at: z.string(),
        withdrawn_at: z.string().nullable(),
        withdrawn_by: z.string().nullable(),
        in_force: z.boolean(),
        manifest: z.string(),
      }),
    ),
    async run(ctx, { id, in_force, limit, after }) {
      const key = keyOf(after, z.tuple([keyMoment, z.string()]))
      return page(await listExceptions(ctx.tx, { check_id: id, in_force }, ctx, limit, key), limit, (row) => [
        row.recorded_at,
        row.id,
      ])
    },
  }),
}
