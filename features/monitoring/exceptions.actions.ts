// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, MANAGERS, query, READERS } from '../../lib/action.ts'
import { keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { checkId } from './checks.actions.ts'
import { getException, listExceptions, withdrawException } from './exceptions.store.ts'

export const exceptionsActions = {
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
