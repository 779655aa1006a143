// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { scoping } from '../../catalog/scoping.ts'
import { command, MANAGERS, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf } from '../../lib/time.ts'
import { proposeControls } from '../system/control-set.ts'
import { localDate } from '../system/scope.ts'
import { requireScope } from '../system/system.store.ts'
import { textOf, type ControlText } from './control.ts'
import {
  auditControls,
  listControlVersions,
  listPossibleOwners,
  lockControls,
  saveControlVersions,
  saveOwners,
} from './controls.store.ts'

export const because = z.string().trim().min(10, 'expected the reason in at least 10 characters').max(2000)
export const person = z.string().max(40)

/** The first text of a control of the library. @throws Refused UNKNOWN_CONTROL */
export function libraryText(id: string): ControlText {
  const control = framework().controls.get(id)
  if (!control)
    throw new Refused('UNKNOWN_CONTROL', `there is no control ${id}`, { status: 404, pointer: '/control_id' })
  return textOf(control, scoping().key_controls.includes(id))
}

/** @throws Refused UNKNOWN_OWNER when one is not an active account of management */
export async function checkOwners(ctx: Ctx, ids: readonly string[]): Promise<void> {
  const possible = await listPossibleOwners(ctx.tx, ids)
  const unknown = ids.filter((id) => !possible.includes(id))
  if (unknown.length > 0)
    throw new Refused(
      'UNKNOWN_OWNER',
      `a control is owned by an active person on management's side; ${unknown.join(', ')} is none`,
      { pointer: '/owner' },
    )
}

export const adopt = command({
  summary: 'Adopt controls of the library: by default all that stage, categories and facts propose',
  may: MANAGERS,
  input: z.strictObject({
    controls: z.array(z.string()).min(1).max(134).optional().describe('Exactly these, instead of the proposed ones'),
    effective_from: localDate.optional().describe('First day on which they are performed; today unless given'),
    owner: person.optional().describe('Who answers for those whose role is not listed below'),
    owners_by_role: z.record(z.string(), person).optional().describe('Person by owner role'),
    leave_out_because: because.optional().describe('Leaves out, for this reason, what is proposed and not among these'),
  }),
  output: z.object({
    adopted: z.array(z.string()),
    without_owner: z.array(z.string()),
    left_out: z.array(z.string()),
  }),
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
    const rest = input.leave_out_because === undefined ? [] : proposed.map((p) => p.control_id)
    const out = rest.filter((id) => !versions.has(id) && !ids.includes(id))
    await saveControlVersions(ctx.tx, [
      ...drafts,
      ...out.map((control_id) => ({
        ...libraryText(control_id),
        control_id,
        n: 1,
        state: 'out' as const,
        effective_from: from,
        because: input.leave_out_because ?? '',
      })),
    ])
    await saveOwners(
      ctx.tx,
      drafts.flatMap(({ control_id, owner_role }) => {
        const owner = ownerOf(owner_role)
        return owner === undefined ? [] : [{ control_id, owner, effective_from: from }]
      }),
    )
    await auditControls(ctx.tx, 'control.adopted', ids, { from })
    await auditControls(ctx.tx, 'control.excluded', out, { from })
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return {
      adopted: ids,
      without_owner: drafts.filter((d) => ownerOf(d.owner_role) === undefined).map((d) => d.control_id),
      left_out: out,
    }
  },
})
