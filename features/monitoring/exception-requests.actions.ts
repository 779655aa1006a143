// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, MANAGEMENT, query, READERS, type Ctx } from '../../lib/action.ts'
import { keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf, type Instant } from '../../lib/time.ts'
import { listControlVersions } from '../controls/controls.store.ts'
import { scopeAt } from '../system/system.store.ts'
import { checkId, versionAt } from './checks.actions.ts'
import { subjectLabels } from './checks.store.ts'
import { approveRequest, listRequests, refuseRequest, saveRequest, takeRequest } from './exception-requests.store.ts'
import { saveException } from './exceptions.store.ts'
import { checkDates, EXCEPTIONS_CONTROL, longestTerm } from './exceptions.ts'

/** @throws Refused EXCEPTION_DATES */
async function checkTerm(ctx: Pick<Ctx, 'tx' | 'now'>, from: Instant, until: Instant): Promise<void> {
  const { now, tx } = ctx
  const scope = await scopeAt(tx, { asOf: now, knownAt: now })
  const versions = await listControlVersions(tx, now, EXCEPTIONS_CONTROL)
  checkDates({ from, until, now }, longestTerm(versions, dayOf(now, scope?.document.time_zone ?? 'UTC')))
}

/** An exception is asked for by one person and approved by another (GOV-13); who acts is never typed. */
export const exceptionRequestActions = {
  'checks.askException': command({
    summary: 'Ask that failures of a check are accepted until a date; somebody else approves it',
    may: [...MANAGEMENT, 'advisor'],
    input: z.strictObject({
      id: checkId,
      subject_id: z.number().int().positive().optional().describe('One subject; all subjects of the check when absent'),
      because: z.string().trim().min(10).max(2000).describe('Why the failure is to be accepted'),
      compensating_control: z.string().trim().min(3).max(1000).describe('What keeps the risk down meanwhile'),
      from: z.iso
        .datetime()
        .optional()
        .describe('First moment; its approval when absent. Not in the past: what has failed stays failed'),
      until: z.iso.datetime().describe('Moment at which it ends by itself'),
    }),
    output: z.object({ request_id: z.string() }),
    async run(ctx, { id, from, until, ...asked }) {
      await versionAt({ tx: ctx.tx, asOf: ctx.now, knownAt: ctx.now }, id)
      await checkTerm(ctx, from ?? ctx.now, until)
      if (asked.subject_id !== undefined && (await subjectLabels(ctx.tx, [asked.subject_id])).size === 0)
        throw new Refused('UNKNOWN_SUBJECT', `expected a subject of ${id}, got ${asked.subject_id}`, { status: 404 })
      return {
        request_id: await saveRequest(ctx.tx, {
          check_id: id,
          subject_id: asked.subject_id,
          because: asked.because,
          compensating_control: asked.compensating_control,
          valid_from: from,
          valid_to: until,
        }),
      }
    },
  }),

  'checks.decideException': command({
    summary: 'Approve as another person the exception that somebody asked for; or refuse it, with the reason',
    may: ['so_admin', 'compliance_manager', 'executive'],
    input: z.strictObject({
      request_id: z.string().max(40),
      approve: z.boolean(),
      because: z.string().trim().min(10).max(2000).optional().describe('Why it is refused'),
    }),
    output: z.object({ request_id: z.string(), exception_id: z.string().nullable() }),
    async run(ctx, { request_id, approve, because }) {
      const request = await takeRequest(ctx.tx, request_id)
      if (!request)
        throw new Refused('UNKNOWN_REQUEST', `expected a request for an exception, got ${request_id}`, {
          status: 404,
          pointer: '/request_id',
        })
      if (request.decided_at !== null)
        throw new Refused('ALREADY_DECIDED', `${request_id} was decided on ${request.decided_at}`, { status: 409 })
      if (!approve) {
        if (because === undefined)
          throw new Refused('INVALID_INPUT', '/because: expected the reason of a refusal', {
            status: 400,
            pointer: '/because',
          })
        await refuseRequest(ctx.tx, request, because)
        return { request_id, exception_id: null }
      }
      if (request.requested_by === ctx.actor.id)
        throw new Refused('SELF_APPROVED', 'an exception is approved by another person than the one who asks for it', {
          status: 403,
        })
      // Approved late, it begins late: what has failed stays failed.
      const from = request.valid_from !== null && request.valid_from > ctx.now ? request.valid_from : ctx.now
      await checkTerm(ctx, from, request.valid_to)
      const exception_id = await saveException(ctx.tx, {
        request_id,
        check_id: request.check_id,
        subject_id: request.subject_id ?? undefined,
        because: request.because,
        compensating_control: request.compensating_control,
        valid_from: from,
        valid_to: request.valid_to,
        requested_by: request.requested_by,
      })
      await approveRequest(ctx.tx, request_id, exception_id)
      return { request_id, exception_id }
    },
  }),

  'checks.exceptionRequests': query({
    summary: 'List what was asked to be accepted, newest first, and what was decided',
    may: READERS,
    input: z.strictObject({
      ...pageInput,
      id: checkId.optional(),
      waiting: z.stringbool().or(z.boolean()).optional().describe('Only those not decided yet, or only the others'),
    }),
    output: pageOf(
      z.object({
        id: z.string(),
        check_id: z.string(),
        subject_id: z.number().nullable(),
        subject: z.string().nullable(),
        because: z.string(),
        compensating_control: z.string(),
        valid_from: z.string().nullable(),
        valid_to: z.string(),
        requested_by: z.string(),
        recorded_at: z.string(),
        decided_at: z.string().nullable(),
        decided_by: z.string().nullable(),
        exception_id: z.string().nullable(),
        refused_because: z.string().nullable(),
        manifest: z.string(),
      }),
    ),
    async run(ctx, { id, waiting, limit, after }) {
      const key = keyOf(after, z.tuple([keyMoment, z.string()]))
      return page(await listRequests(ctx.tx, { check_id: id, waiting }, ctx.knownAt, limit, key), limit, (row) => [
        row.recorded_at,
        row.id,
      ])
    },
  }),
}
