// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework, slotsOf } from '../../catalog/framework.ts'
import { rulebook } from '../../catalog/rulebook.ts'
import { day } from '../../catalog/kind.ts'
import { AUDITORS, command, MANAGEMENT, query, READERS, type Role } from '../../lib/action.ts'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import {
  getAttestation,
  listAttestations,
  listLinks,
  lockLink,
  saveAttestation,
  saveDecision,
  saveLink,
} from './acts.store.ts'
import { checkDecision, checkPeriod } from './evidence.ts'
import { findCollections } from './reading.store.ts'

const control = z.string().max(40).describe('Id of a control, such as CHG-02')
const collection = z.string().max(40).describe('Id of a piece of evidence, col_…')

export const linkOutput = z.object({
  id: z.string(),
  collection_id: z.string(),
  control_id: z.string(),
  slot: z.string(),
  period_from: z.string().nullable(),
  period_to: z.string().nullable(),
  linked_by: z.string(),
  recorded_at: z.string(),
  state: z.enum(['submitted', 'accepted', 'rejected', 'withdrawn']),
  code: z.string().nullable(),
  because: z.string().nullable(),
  decided_by: z.string().nullable(),
  decided_at: z.string().nullable(),
  observed_at: z.string(),
  source_name: z.string(),
  stream: z.string(),
  kind: z.string(),
  recorded_by: z.string(),
  prepared_by: z.string().nullable(),
  superseded_by: z.string().nullable(),
})
const attestationOutput = z.object({
  id: z.string(),
  control_id: z.string(),
  statement: z.string(),
  outcome: z.enum(['performed', 'not_performed', 'no_occurrence']),
  period_from: z.string(),
  period_to: z.string(),
  collection_ids: z.array(z.string()),
  attested_by: z.string(),
  recorded_at: z.string(),
  supersedes: z.string().nullable(),
  manifest: z.string(),
})

export const linkInput = z.strictObject({
  control,
  slot: z.string().max(100).describe('Place in the evidence list of the control, such as document-1'),
  period_from: day().optional(),
  period_to: day().optional(),
})

export const actActions = {
  'evidence.link': command({
    summary: 'Put evidence forward for a control',
    may: [...MANAGEMENT, 'system'],
    input: linkInput.extend({ collection }),
    output: z.object({ id: z.string() }),
    run: async (ctx, { collection: id, ...link }) => ({ id: await linkEvidence(ctx.tx, id, link) }),
  }),

  'evidence.links': query({
    summary: 'List evidence that was put forward for controls, and what was decided about it',
    may: READERS,
    input: z.strictObject({ control: control.optional(), collection: collection.optional() }),
    output: z.object({ rows: z.array(linkOutput) }),
    run: async (ctx, filter) => ({ rows: await listLinks(ctx.tx, filter, ctx.knownAt) }),
  }),

  'evidence.decide': command({
    summary: 'Accept, reject or withdraw evidence that was put forward for a control',
    may: ['so_admin', 'compliance_manager', 'control_owner', ...AUDITORS],
    input: z.strictObject({
      link: z.string().max(40).describe('Id of the evidence put forward, lnk_…'),
      state: z.enum(['accepted', 'rejected', 'withdrawn']),
      code: z.string().max(40).optional().describe('Reason code of a rejection, such as OUT_OF_PERIOD'),
      because: z.string().trim().min(5).max(2000).optional(),
    }),
    output: linkOutput,
    async run(ctx, { link: id, state, code, because }) {
      await lockLink(ctx.tx, id)
      const link = await findLink(ctx.tx, id)
      const is = (roles: readonly Role[]): boolean => ctx.actor.roles.some((role) => roles.includes(role))
      checkDecision({
        state,
        code,
        because,
        decider: {
          id: ctx.actor.id,
          name: ctx.actor.name,
          isManager: is(['so_admin', 'compliance_manager']),
          isAuditor: is(AUDITORS),
        },
        link,
      })
      if (code !== undefined) checkReason(code)
      await saveDecision(ctx.tx, { link_id: id, state, code, because })
      await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
      return await findLink(ctx.tx, id)
    },
  }),

  'evidence.attest': command({
    summary: 'Attest that a control was performed in a period, on the evidence named',
    may: [...MANAGEMENT, 'oversight'],
    input: z.strictObject({
      control,
      statement: z.string().trim().min(10).max(4000).describe('What was done, in words of the person who attests'),
      outcome: z.enum(['performed', 'not_performed', 'no_occurrence']),
      period_from: day(),
      period_to: day(),
      evidence: z.array(collection).max(100).default([]),
      supersedes: z.string().max(40).optional().describe('The attestation that this one corrects, att_…'),
    }),
    output: z.object({ id: z.string() }),
    async run(ctx, { control: control_id, evidence, supersedes, ...draft }) {
      knownControl(control_id)
      checkOversight(control_id, ctx.actor.roles)
      checkPeriod(draft.period_from, draft.period_to, ctx.now)
      if (draft.outcome === 'performed' && evidence.length === 0)
        throw new Refused(
          'EVIDENCE_REQUIRED',
          'expected at least one piece of evidence that the control was performed',
          {
            pointer: '/evidence',
          },
        )
      const ids = [...new Set(evidence)]
      const found = await standingCollections(ctx.tx, ids, '/evidence')
      if (supersedes !== undefined) await correctableAttestation(ctx.tx, supersedes, control_id)
      const id = await saveAttestation(
        ctx.tx,
        { ...draft, control_id, collection_ids: ids, supersedes },
        found.map(({ manifest }) => manifest),
      )
      await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
      return { id }
    },
  }),

  'evidence.attestations': query({
    summary: 'List attestations that stand',
    may: READERS,
    input: z.strictObject({ control: control.optional() }),
    output: z.object({ rows: z.array(attestationOutput) }),
    async run(ctx, filter) {
      const rows = await listAttestations(ctx.tx, filter.control, ctx.knownAt)
      return { rows: rows.map((row) => ({ ...row, collection_ids: [...row.collection_ids] })) }
    },
  }),
}

/** Puts evidence forward. @throws Refused UNKNOWN_CONTROL, UNKNOWN_SLOT, UNKNOWN_EVIDENCE, ALREADY_SUPERSEDED, ALREADY_LINKED */
export async function linkEvidence(tx: Tx, collection_id: string, link: z.infer<typeof linkInput>): Promise<string> {
  const { control: control_id, slot, period_from, period_to } = link
  const slots = slotsOf(knownControl(control_id)).map(({ id }) => id)
  if (!slots.includes(slot))
    throw new Refused('UNKNOWN_SLOT', `expected one of ${slots.join(', ')} of ${control_id}, got ${slot}`, {
      pointer: '/slot',
    })
  if (period_from !== undefined && period_to !== undefined) checkPeriod(period_from, period_to, tx.now)
  await standingCollections(tx, [collection_id], '/collection')
  const before = await listLinks(tx, { control: control_id, collection: collection_id }, tx.now)
  if (before.some((row) => row.slot === slot && row.state !== 'withdrawn'))
    throw new Refused('ALREADY_LINKED', `this evidence was put forward for ${slot} of ${control_id} before`, {
      status: 409,
    })
  return await saveLink(tx, { collection_id, control_id, slot, period_from, period_to })
}

function knownControl(id: string) {
  const found = framework().controls.get(id)
  if (!found)
    throw new Refused('UNKNOWN_CONTROL', `no control ${id} in the library`, { status: 404, pointer: '/control' })
  return found
}

/** The named evidence, when all of it exists and stands. @throws Refused UNKNOWN_EVIDENCE, ALREADY_SUPERSEDED */
async function standingCollections(tx: Tx, ids: readonly string[], pointer: string) {
  const found = await findCollections(tx, ids)
  const missing = ids.find((id) => !found.some((row) => row.id === id))
  if (missing !== undefined) throw new Refused('UNKNOWN_EVIDENCE', `no evidence ${missing}`, { status: 404, pointer })
  const replaced = found.find((row) => row.superseded_by !== null)
  if (replaced)
    throw new Refused('ALREADY_SUPERSEDED', `${replaced.id} was corrected; use ${replaced.superseded_by}`, {
      status: 409,
      pointer,
    })
  return found
}

async function findLink(tx: Tx, id: string) {
  const [link] = await listLinks(tx, { id }, tx.now)
  if (!link) throw new Refused('UNKNOWN_LINK', `no evidence put forward as ${id}`, { status: 404, pointer: '/link' })
  return link
}

/** The criterion of the oversight body; who only sits on it records its own reviews and nothing else. */
const OVERSIGHT = 'CC1.2'

/** @throws Refused NOT_OVERSIGHT */
function checkOversight(control_id: string, roles: readonly Role[]): void {
  if (roles.some((role) => (MANAGEMENT as readonly Role[]).includes(role))) return
  const controls = [...framework().controls.values()].filter(({ criteria }) => criteria.includes(OVERSIGHT))
  if (!controls.some(({ id }) => id === control_id))
    throw new Refused(
      'NOT_OVERSIGHT',
      `the oversight body records its own reviews, ${controls.map(({ id }) => id).join(' and ')}; got ${control_id}`,
      { status: 403, pointer: '/control' },
    )
}

function checkReason(code: string): void {
  const codes = rulebook().evidence.reject_reasons.map((reason) => reason.code)
  if (!codes.includes(code))
    throw new Refused('REASON_REQUIRED', `expected one of ${codes.join(', ')}; got ${code}`, { pointer: '/code' })
}

async function correctableAttestation(tx: Tx, id: string, control_id: string): Promise<void> {
  const before = await getAttestation(tx, id)
  if (before?.control_id !== control_id)
    throw new Refused('UNKNOWN_ATTESTATION', `no attestation ${id} of ${control_id}`, {
      status: 404,
      pointer: '/supersedes',
    })
  if (before.superseded_by !== null)
    throw new Refused('ALREADY_SUPERSEDED', `${id} was corrected by ${before.superseded_by}; correct that one`, {
      status: 409,
      pointer: '/supersedes',
    })
}
