// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { command, query, READERS, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf, type LocalDate } from '../../lib/time.ts'
import { localDate } from '../system/scope.ts'
import { scopeAt } from '../system/system.store.ts'
import { documentOf, listNeeds, listPolicyVersions, savePolicyVersion, type PolicyVersion } from './policies.store.ts'
import { checkReview, inForce, policyState } from './policy.ts'

const version = z.object({
  n: z.number(),
  version_label: z.string(),
  collection_id: z.string().nullable(),
  reference: z.string().nullable(),
  sha256: z.string().nullable(),
  effective_from: z.string(),
  next_review: z.string(),
  approved_by: z.string(),
  recorded_at: z.string(),
  manifest: z.string(),
})
const row = z.object({
  id: z.string(),
  title: z.string(),
  must_cover: z.string(),
  state: z.enum(['missing', 'not_yet_in_force', 'in_date', 'overdue']),
  in_force: version.nullable(),
  needed_by: z.array(z.string()).describe('Controls in scope that rest on it'),
  supports_criteria: z.array(z.string()),
})

const today = async (ctx: Ctx): Promise<LocalDate> =>
  dayOf(ctx.asOf, (await scopeAt(ctx.tx, ctx))?.document.time_zone ?? 'UTC')

/** Every policy on the day, and all approved versions by policy. */
async function load(ctx: Ctx): Promise<{ rows: z.infer<typeof row>[]; versions: Map<string, PolicyVersion[]> }> {
  const day = await today(ctx)
  const versions = Map.groupBy(await listPolicyVersions(ctx.tx, ctx.knownAt), (v) => v.policy_id)
  const needs = Map.groupBy(await listNeeds(ctx.tx, day, ctx.knownAt), (n) => n.policy_id)
  const rows = [...framework().policies.values()].map((policy) => {
    const own: readonly PolicyVersion[] = versions.get(policy.id) ?? []
    return {
      ...policy,
      supports_criteria: [...policy.supports_criteria],
      state: policyState(own, day),
      in_force: inForce(own, day) ?? null,
      needed_by: (needs.get(policy.id) ?? []).map((need) => need.control_id),
    }
  })
  return { rows, versions }
}

const list = query({
  summary: 'List the 25 policies: whether each is in date, and which controls in scope rest on it',
  may: [...READERS, 'employee'],
  input: z.strictObject({}),
  output: z.object({ rows: z.array(row) }),
  async run(ctx) {
    return { rows: (await load(ctx)).rows }
  },
})

const get = query({
  summary: 'Show one policy with every approved version',
  may: [...READERS, 'employee'],
  input: z.strictObject({ id: z.string() }),
  output: row.extend({ versions: z.array(version) }),
  async run(ctx, { id }) {
    const { rows, versions } = await load(ctx)
    const found = rows.find((policy) => policy.id === id)
    if (!found) throw unknown(id)
    return { ...found, versions: versions.get(id) ?? [] }
  },
})

const unknown = (id: string): Refused =>
  new Refused('UNKNOWN_POLICY', `there is no policy ${id}`, { status: 404, pointer: '/id' })

const approve = command({
  summary: 'Approve a version of a policy, with its document and the day of its next review',
  may: ['executive', 'compliance_manager'],
  input: z.strictObject({
    id: z.string(),
    version_label: z.string().trim().min(1).max(40).describe('As printed on the document: 1.2'),
    collection_id: z.string().optional().describe('The document as evidence in Assay'),
    reference: z.string().trim().min(1).max(500).optional().describe('Where the document is kept, if not in Assay'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
      .optional()
      .describe('SHA-256 of the document kept elsewhere'),
    effective_from: localDate,
    next_review: localDate.describe('At most 12 months after it takes effect'),
  }),
  output: z.object({ id: z.string(), n: z.number() }),
  async run(ctx, input) {
    if (!framework().policies.has(input.id)) throw unknown(input.id)
    checkReview(input.effective_from, input.next_review)
    const elsewhere = input.reference !== undefined && input.sha256 !== undefined
    if ((input.collection_id === undefined) === !elsewhere)
      throw new Refused('DOCUMENT_REQUIRED', 'expected either collection_id, or reference together with sha256', {
        pointer: '/collection_id',
      })
    const document = input.collection_id === undefined ? null : await documentOf(ctx.tx, input.collection_id)
    if (document === undefined)
      throw new Refused('UNKNOWN_EVIDENCE', `there is no evidence ${input.collection_id ?? ''}`, {
        pointer: '/collection_id',
      })
    if (document?.recorded_by === ctx.actor.id && !ctx.actor.roles.includes('executive'))
      throw new Refused('OWN_POLICY', 'who brought the document in does not approve it alone, unless an executive', {
        status: 403,
      })
    const n = await savePolicyVersion(
      ctx.tx,
      {
        policy_id: input.id,
        version_label: input.version_label,
        collection_id: input.collection_id ?? null,
        reference: input.reference ?? null,
        sha256: elsewhere ? (input.sha256 ?? null) : null,
        effective_from: input.effective_from,
        next_review: input.next_review,
      },
      document?.manifest ?? null,
    )
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return { id: input.id, n }
  },
})

export const policiesActions = { 'policies.list': list, 'policies.get': get, 'policies.approve': approve }
