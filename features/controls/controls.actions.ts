// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework, slotsOf } from '../../catalog/framework.ts'
import { scoping } from '../../catalog/scoping.ts'
import { FREQUENCIES, NATURES } from '../../catalog/terms.ts'
import { command, MANAGERS, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf, type LocalDate } from '../../lib/time.ts'
import { proposeControls } from '../system/control-set.ts'
import { localDate } from '../system/scope.ts'
import { requireScope } from '../system/system.store.ts'
import { changedFields, checkEffective, textOf, withChanges, type ControlText, type ControlVersion } from './control.ts'
import {
  auditControls,
  listControlVersions,
  listPossibleOwners,
  lockControls,
  saveControlVersions,
  saveOwners,
} from './controls.store.ts'
import { get, list } from './reading.actions.ts'

const because = z.string().trim().min(10, 'expected the reason in at least 10 characters').max(2000)
const person = z.string().max(40)
const saved = z.object({ control_id: z.string(), n: z.number() })

/** The first text of a control of the library. @throws Refused UNKNOWN_CONTROL */
function libraryText(id: string): ControlText {
  const control = framework().controls.get(id)
  if (!control)
    throw new Refused('UNKNOWN_CONTROL', `there is no control ${id}`, { status: 404, pointer: '/control_id' })
  return textOf(control, scoping().key_controls.includes(id))
}

/** @throws Refused UNKNOWN_OWNER when one is not an active account of management */
async function checkOwners(ctx: Ctx, ids: readonly string[]): Promise<void> {
  const possible = await listPossibleOwners(ctx.tx, ids)
  const unknown = ids.filter((id) => !possible.includes(id))
  if (unknown.length > 0)
    throw new Refused(
      'UNKNOWN_OWNER',
      `a control is owned by an active person on management's side; ${unknown.join(', ')} is none`,
      { pointer: '/owner' },
    )
}

const today = async (ctx: Ctx): Promise<LocalDate> => dayOf(ctx.now, (await requireScope(ctx)).document.time_zone)

const adopt = command({
  summary: 'Adopt controls of the library: by default all that stage, categories and facts propose',
  may: MANAGERS,
  input: z.strictObject({
    controls: z.array(z.string()).min(1).max(134).optional().describe('Exactly these, instead of the proposed ones'),
    effective_from: localDate.optional().describe('First day on which they are performed; today unless given'),
    owner: person.optional().describe('Who answers for those whose role is not listed below'),
    owners_by_role: z.record(z.string(), person).optional().describe('Person by owner role'),
  }),
  output: z.object({ adopted: z.array(z.string()), without_owner: z.array(z.string()) }),
  async run(ctx, input) {
    const { document } = await requireScope(ctx)
    await lockControls(ctx.tx)
    const versions = new Set((await listControlVersions(ctx.tx, ctx.now)).map((v) => v.control_id))
    const already = input.controls?.filter((id) => versions.has(id)) ?? []
    if (already.length > 0)
      throw new Refused('ALREADY_ADOPTED', `${already.join(', ')} has versions already; update or include it instead`, {
        status: 409,
        pointer: '/controls',
      })
    const proposed = proposeControls(framework().controls, scoping().fact_rules, document).controls
    const ids = [...new Set(input.controls ?? proposed.map((p) => p.control_id))].filter((id) => !versions.has(id))
    if (ids.length === 0)
      throw new Refused('NOTHING_TO_ADOPT', 'every proposed control is adopted or left out already', { status: 409 })
    const from = input.effective_from ?? dayOf(ctx.now, document.time_zone)
    const drafts = ids.map((control_id) => ({
      ...libraryText(control_id),
      control_id,
      n: 1,
      state: 'in' as const,
      effective_from: from,
      because: 'adopted from the library',
    }))
    const ownerOf = (role: string): string | undefined => input.owners_by_role?.[role] ?? input.owner
    await checkOwners(ctx, [...new Set(drafts.flatMap((draft) => ownerOf(draft.owner_role) ?? []))])
    await saveControlVersions(ctx.tx, drafts)
    await saveOwners(
      ctx.tx,
      drafts.flatMap(({ control_id, owner_role }) => {
        const owner = ownerOf(owner_role)
        return owner === undefined ? [] : [{ control_id, owner, effective_from: from }]
      }),
    )
    await auditControls(ctx.tx, 'control.adopted', ids, { from })
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return {
      adopted: ids,
      without_owner: drafts.filter((d) => ownerOf(d.owner_role) === undefined).map((d) => d.control_id),
    }
  },
})

/** The newest version of a control, with writers locked out. @throws Refused UNKNOWN_CONTROL */
async function newest(ctx: Ctx, control_id: string): Promise<ControlVersion | undefined> {
  libraryText(control_id)
  await lockControls(ctx.tx)
  return (await listControlVersions(ctx.tx, ctx.now, control_id)).at(-1)
}

async function saveOne(
  ctx: Ctx,
  event: Parameters<typeof auditControls>[1],
  draft: Parameters<typeof saveControlVersions>[1][number],
): Promise<z.infer<typeof saved>> {
  await saveControlVersions(ctx.tx, [draft])
  await auditControls(ctx.tx, event, [draft.control_id], { version: draft.n, from: draft.effective_from })
  await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
  return { control_id: draft.control_id, n: draft.n }
}

const changes = z
  .strictObject({
    title: z.string().trim().min(1).max(200),
    statement: z.string().trim().min(20).max(4000),
    owner_role: z.string().trim().min(1).max(120),
    nature: z.enum(NATURES),
    frequency: z.enum(FREQUENCIES),
    is_key: z.boolean(),
    policy_id: z.string(),
    criteria: z.array(z.string()).min(1).max(61),
    parameters: z.record(
      z.string().max(60),
      z.union([z.string().max(500), z.number().int(), z.boolean(), z.array(z.string().max(200)).max(50)]),
    ),
    required_slots: z.array(z.string()).max(30),
  })
  .partial()

/** @throws Refused UNKNOWN_CRITERION, UNKNOWN_POLICY, UNKNOWN_SLOT */
function checkReferences(control_id: string, text: ControlText): void {
  const { criteria, policies, controls } = framework()
  const wrong = text.criteria.filter((id) => !criteria.has(id))
  if (wrong.length > 0)
    throw new Refused('UNKNOWN_CRITERION', `there is no criterion ${wrong.join(', ')}`, {
      pointer: '/changes/criteria',
    })
  if (!policies.has(text.policy_id))
    throw new Refused('UNKNOWN_POLICY', `there is no policy ${text.policy_id}`, { pointer: '/changes/policy_id' })
  const control = controls.get(control_id)
  const slots = new Set(control ? slotsOf(control).map((slot) => slot.id) : [])
  const missing = text.required_slots.filter((id) => !slots.has(id))
  if (missing.length > 0)
    throw new Refused('UNKNOWN_SLOT', `${control_id} has no evidence slot ${missing.join(', ')}`, {
      pointer: '/changes/required_slots',
    })
}

const update = command({
  summary: 'Make a new version of a control that holds from a day on; what held before stays',
  may: MANAGERS,
  input: z.strictObject({
    control_id: z.string(),
    based_on: z.number().int().min(1).describe('The version this one was written from'),
    effective_from: localDate,
    because,
    changes,
  }),
  output: saved,
  async run(ctx, input) {
    const last = await newest(ctx, input.control_id)
    if (!last || last.state === 'out')
      throw new Refused('NOT_ADOPTED', `${input.control_id} is not in scope; adopt or include it first`, {
        status: 409,
      })
    if (last.n !== input.based_on)
      throw new Refused(
        'CONTROL_CHANGED',
        `expected a change of version ${last.n}, got one of ${input.based_on}; look again`,
        {
          status: 409,
          pointer: '/based_on',
        },
      )
    const { control_id, n } = last
    const after = withChanges(last, input.changes)
    if (changedFields(last, after).length === 0)
      throw new Refused('NOTHING_CHANGED', `version ${n} of ${control_id} says the same already`, {
        pointer: '/changes',
      })
    checkReferences(control_id, after)
    checkEffective(last, input.effective_from)
    return await saveOne(ctx, 'control.updated', {
      ...after,
      control_id,
      n: n + 1,
      state: 'in',
      effective_from: input.effective_from,
      because: input.because,
    })
  },
})

const exclude = command({
  summary: 'Leave a control out of scope from a day on, with the reason',
  may: MANAGERS,
  input: z.strictObject({ control_id: z.string(), because, from: localDate.optional() }),
  output: saved,
  async run(ctx, input) {
    const last = await newest(ctx, input.control_id)
    if (last?.state === 'out')
      throw new Refused('ALREADY_EXCLUDED', `${input.control_id} is left out since ${last.effective_from}`, {
        status: 409,
      })
    const from = input.from ?? (await today(ctx))
    if (last) checkEffective(last, from)
    return await saveOne(ctx, 'control.excluded', {
      ...(last ? withChanges(last) : libraryText(input.control_id)),
      control_id: input.control_id,
      n: (last?.n ?? 0) + 1,
      state: 'out',
      effective_from: from,
      because: input.because,
    })
  },
})

const include = command({
  summary: 'Take a control that was left out back into scope from a day on',
  may: MANAGERS,
  input: z.strictObject({ control_id: z.string(), because, from: localDate.optional() }),
  output: saved,
  async run(ctx, input) {
    const last = await newest(ctx, input.control_id)
    if (last?.state !== 'out') throw new Refused('NOT_EXCLUDED', `${input.control_id} is not left out`, { status: 409 })
    const from = input.from ?? (await today(ctx))
    checkEffective(last, from)
    return await saveOne(ctx, 'control.included', {
      ...withChanges(last),
      control_id: input.control_id,
      n: last.n + 1,
      state: 'in',
      effective_from: from,
      because: input.because,
    })
  },
})

const assign = command({
  summary: 'Say who answers for controls from a day on',
  may: MANAGERS,
  input: z.strictObject({
    control_ids: z.array(z.string()).min(1).max(134),
    owner: person.nullable().describe('Null: nobody'),
    from: localDate.optional(),
  }),
  output: z.object({ assigned: z.number() }),
  async run(ctx, input) {
    await lockControls(ctx.tx)
    const known = new Set((await listControlVersions(ctx.tx, ctx.now)).map((v) => v.control_id))
    const missing = input.control_ids.filter((id) => !known.has(id))
    if (missing.length > 0)
      throw new Refused('NOT_ADOPTED', `${missing.join(', ')} is not adopted`, { status: 409, pointer: '/control_ids' })
    if (input.owner !== null) await checkOwners(ctx, [input.owner])
    const effective_from = input.from ?? (await today(ctx))
    const ids = [...new Set(input.control_ids)]
    await saveOwners(
      ctx.tx,
      ids.map((control_id) => ({ control_id, owner: input.owner, effective_from })),
    )
    await auditControls(ctx.tx, 'control.assigned', ids, { from: effective_from })
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return { assigned: ids.length }
  },
})

export const controlsActions = {
  'controls.list': list,
  'controls.get': get,
  'controls.adopt': adopt,
  'controls.update': update,
  'controls.exclude': exclude,
  'controls.include': include,
  'controls.assign': assign,
}
