// SPDX-License-Identifier: Apache-2.0
import { type LibraryControl } from '../../catalog/framework.ts'
import type { FactRule } from '../../catalog/scoping.ts'
import { CATEGORIES, type Category, type Facts, STAGES, type Stage } from '../../catalog/terms.ts'

/** Which controls of the library suit a stage, its categories and facts (spec H.4). Proposals; a person decides. */

export interface Proposal {
  readonly control_id: string
  /** The first chosen category that asks for it. */
  readonly category: Category
  readonly because: string
}

export interface ControlSet {
  readonly controls: readonly Proposal[]
  /** Left out although stage and categories would include them, with the fact that says so. */
  readonly left_out: readonly { readonly control_id: string; readonly because: string }[]
  /** Criteria that the facts make doubtful; leaving them out needs a decision of its own. */
  readonly not_relevant: readonly { readonly criterion_id: string; readonly because: string }[]
}

const reaches = (stage: Stage, of: Stage): boolean => STAGES.indexOf(of) <= STAGES.indexOf(stage)

/** The controls of a stage and its categories before facts are looked at. */
export function stageSet(
  library: Iterable<LibraryControl>,
  stage: Stage,
  categories: readonly Category[],
): LibraryControl[] {
  return [...library].filter(
    (control) =>
      reaches(stage, control.stage) &&
      control.include_when_any_category.some((category) => categories.includes(category)),
  )
}

/**
 * How many controls each category adds to those before it, in the order of the standard: `{ security: 71, availability: 3,
 * … }`. Their sum is the set of all five. A category chosen without one before it may bring a few shared ones along.
 */
export function setSizes(library: Iterable<LibraryControl>, stage: Stage): Record<Category, number> {
  const all = [...library]
  const upTo = (n: number): number => stageSet(all, stage, CATEGORIES.slice(0, n)).length
  return Object.fromEntries(CATEGORIES.map((category, i) => [category, upTo(i + 1) - upTo(i)])) as Record<
    Category,
    number
  >
}

const holds = (rule: FactRule, facts: Facts): boolean =>
  (Object.keys(rule.when) as (keyof Facts)[]).every((name) => rule.when[name] === facts[name])

/** The proposed set with a reason for each member, and what the facts take out. */
export function proposeControls(
  library: ReadonlyMap<string, LibraryControl>,
  rules: readonly FactRule[],
  scope: { readonly stage: Stage; readonly categories: readonly Category[]; readonly facts: Facts },
): ControlSet {
  const base = stageSet(library.values(), scope.stage, scope.categories)
  const active = rules.filter((rule) => holds(rule, scope.facts))
  const out = new Map(active.flatMap((rule) => rule.leave_out.map((id) => [id, rule.because] as const)))
  const added = new Map(
    active.flatMap((rule) => rule.add.map((id) => [id, rule.because] as const)).filter(([id]) => !out.has(id)),
  )
  const inBase = new Set(base.map((control) => control.id))
  const proposals = [...library.values()].flatMap((control): Proposal[] => {
    if (out.has(control.id) || !(inBase.has(control.id) || added.has(control.id))) return []
    const category =
      CATEGORIES.find((c) => scope.categories.includes(c) && control.include_when_any_category.includes(c)) ??
      'security'
    const because = inBase.has(control.id)
      ? `belongs to the ${control.stage} set for ${category.replace('_', ' ')}`
      : (added.get(control.id) ?? '')
    return [{ control_id: control.id, category, because }]
  })
  const applicable = new Set(scope.categories)
  return {
    controls: proposals,
    left_out: [...out].filter(([id]) => inBase.has(id)).map(([control_id, because]) => ({ control_id, because })),
    not_relevant: active.flatMap((rule) =>
      applicable.has('privacy')
        ? rule.not_relevant.map((criterion_id) => ({ criterion_id, because: rule.because }))
        : [],
    ),
  }
}
