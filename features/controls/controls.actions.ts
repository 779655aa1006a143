// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework, slotsOf } from '../../catalog/framework.ts'
import { FREQUENCIES, NATURES } from '../../catalog/terms.ts'
import { command, MANAGERS, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf, type LocalDate } from '../../lib/time.ts'
import { localDate } from '../system/scope.ts'
import { requireScope } from '../system/system.store.ts'
import { changedFields, checkEffective, withChanges, type ControlText, type ControlVersion } from './control.ts'
import {
  auditControls,
  listControlVersions,
  lockControls,
  ownerHistory,
  saveControlVersions,
  saveOwners,
} from './controls.store.ts'
import { adopt, because, checkOwners, libraryText, person } from './adoption.actions.ts'
import { get, list } from './reading.actions.ts'

const saved = z.object({ control_id: z.string(), n: z.number() })

const today = async (ctx: Ctx): Promise<LocalDate> => dayOf(ctx.now, (await requireScope(ctx)).document.time_zone)

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

/** Whoever answered for a control from its first day does so from the day on which it really began. */
async function moveOwner(ctx: Ctx, control_id: string, effective_from: LocalDate): Promise<void> {
  const [only, ...others] = await ownerHistory(ctx.tx, control_id, ctx.now)
  if (only && only.owner !== null && others.length === 0)
    await saveOwners(ctx.tx, [{ control_id, owner: only.owner, effective_from }])
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
    // Nothing was said of the days before the first version: it may be found to have begun earlier.
    const isMoved = n === 1 && input.effective_from < last.effective_from
    if (changedFields(last, after).length === 0 && !isMoved)
      throw new Refused('NOTHING_CHANGED', `version ${n} of ${control_id} says the same already`, {
        pointer: '/changes',
      })
    checkReferences(control_id, after)
    if (!isMoved) checkEffective(last, input.effective_from)
    else await moveOwner(ctx, control_id, input.effective_from)
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
