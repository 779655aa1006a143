// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { crosswalk, framework, requests, slotsOf, type LibraryControl } from '../../catalog/framework.ts'
import { scoping } from '../../catalog/scoping.ts'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import { keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf, type LocalDate } from '../../lib/time.ts'
import { question, together } from '../../lib/together.ts'
import { proposeControls } from '../system/control-set.ts'
import { scopeAt, type ScopeVersion } from '../system/system.store.ts'
import { gapsBetween, timeline, vagueWords, versionOn, type ControlVersion, type Segment } from './control.ts'
import { listControlVersions, listOwners, ownerHistory, type OwnerRow } from './controls.store.ts'

const owner = z.object({ id: z.string(), name: z.string().nullable(), active: z.boolean() })
const row = z.object({
  id: z.string(),
  title: z.string(),
  domain: z.string(),
  group: z.string().describe('Group of its first criterion'),
  statement: z.string(),
  state: z.enum(['in_scope', 'excluded', 'not_yet_in_effect', 'not_adopted']),
  because: z.string().nullable().describe('Why it is excluded'),
  proposed: z.boolean().describe('Stage, categories and facts ask for it'),
  version: z.number().nullable(),
  effective_from: z.string().nullable(),
  owner: owner.nullable(),
  owner_role: z.string(),
  type: z.string(),
  nature: z.string(),
  frequency: z.string(),
  is_key: z.boolean(),
  policy_id: z.string(),
  criteria: z.array(z.string()),
})
type Row = z.infer<typeof row>

interface Setting {
  readonly day: LocalDate
  readonly scope: ScopeVersion | undefined
  readonly proposed: ReadonlySet<string>
  readonly versions: ReadonlyMap<string, readonly ControlVersion[]>
  readonly segments: ReadonlyMap<string, Segment[]>
  readonly owners: ReadonlyMap<string, OwnerRow>
}

/** Everything about controls on a day, in two statements. */
async function settingOf(ctx: Pick<Ctx, 'tx' | 'asOf' | 'knownAt'>): Promise<Setting> {
  const scope = await scopeAt(ctx.tx, ctx)
  const day = dayOf(ctx.asOf, scope?.document.time_zone ?? 'UTC')
  const { all, owners } = await together(ctx.tx, {
    all: question(['recorded_at'], (tx) => listControlVersions(tx, ctx.knownAt)),
    owners: question([], (tx) => listOwners(tx, { day, asOf: ctx.asOf, knownAt: ctx.knownAt })),
  })
  const versions = Map.groupBy(all, (v) => v.control_id)
  const { controls } = framework()
  return {
    day,
    scope,
    proposed: new Set(
      scope ? proposeControls(controls, scoping().fact_rules, scope.document).controls.map((p) => p.control_id) : [],
    ),
    versions,
    segments: new Map([...versions].map(([id, own]) => [id, timeline(own)])),
    owners: new Map(owners.map((o) => [o.control_id, o])),
  }
}

function rowOf(control: LibraryControl, setting: Setting): Row {
  const segments = setting.segments.get(control.id) ?? []
  const holds = versionOn(segments, setting.day)
  const shown: ControlVersion | undefined = holds ?? segments[0]?.version
  const assigned = setting.owners.get(control.id)
  const criteria = [...(shown?.criteria ?? control.criteria)]
  return {
    id: control.id,
    title: shown?.title ?? control.title,
    domain: control.domain,
    group: framework().criteria.get(criteria[0] ?? '')?.group ?? '',
    statement: shown?.statement ?? control.statement,
    state: holds ? (holds.state === 'in' ? 'in_scope' : 'excluded') : shown ? 'not_yet_in_effect' : 'not_adopted',
    because: holds?.state === 'out' ? holds.because : null,
    proposed: setting.proposed.has(control.id),
    version: shown?.n ?? null,
    effective_from: shown?.effective_from ?? null,
    owner: assigned?.owner != null ? { id: assigned.owner, name: assigned.name, active: assigned.active } : null,
    owner_role: shown?.owner_role ?? control.owner_role,
    type: control.type,
    nature: shown?.nature ?? control.nature,
    frequency: shown?.frequency ?? control.frequency,
    is_key: shown?.is_key ?? scoping().key_controls.includes(control.id),
    policy_id: shown?.policy_id ?? control.policy,
    criteria,
  }
}

export const list = query({
  summary: 'List controls: those in scope, those left out and why, and those the library proposes',
  may: READERS,
  input: z.strictObject({
    ...pageInput,
    state: z.enum(['in_scope', 'excluded', 'not_yet_in_effect', 'not_adopted', 'proposed']).optional(),
    owner: z.string().optional(),
    criterion: z.string().optional(),
    policy: z.string().optional(),
    search: z.string().max(200).optional().describe('Words of the id, title or statement'),
  }),
  output: pageOf(row),
  async run(ctx, input) {
    const setting = await settingOf(ctx)
    const after = keyOf(input.after, z.tuple([z.string()]))?.[0]
    const search = input.search?.toLowerCase()
    const all = [...framework().controls.values()].map((control) => rowOf(control, setting))
    const start = after === undefined ? 0 : all.findIndex((r) => r.id === after) + 1
    const matches = all
      .slice(start)
      .filter(
        (r) =>
          (input.state === undefined ||
            (input.state === 'proposed' ? r.proposed && r.state === 'not_adopted' : r.state === input.state)) &&
          (input.owner === undefined || r.owner?.id === input.owner) &&
          (input.criterion === undefined || r.criteria.includes(input.criterion)) &&
          (input.policy === undefined || r.policy_id === input.policy) &&
          (search === undefined || `${r.id} ${r.title} ${r.statement}`.toLowerCase().includes(search)),
      )
    return page(matches.slice(0, input.limit + 1), input.limit, (r) => [r.id])
  },
})

const step = z.object({ aspect: z.string().optional(), method: z.string(), step: z.string() })

export const get = query({
  summary: 'Show one control: its versions, population, tests, evidence slots and what else its evidence may support',
  may: READERS,
  input: z.strictObject({ id: z.string() }),
  output: row.extend({
    startup_note: z.string().nullable(),
    parameters: z.record(z.string(), z.unknown()),
    vague_words: z.array(z.string()),
    versions: z.array(
      z.object({
        n: z.number(),
        state: z.enum(['in', 'out']),
        statement: z.string(),
        owner_role: z.string(),
        frequency: z.string(),
        nature: z.string(),
        is_key: z.boolean(),
        policy_id: z.string(),
        criteria: z.array(z.string()),
        parameters: z.record(z.string(), z.unknown()),
        required_slots: z.array(z.string()),
        because: z.string(),
        saved_by: z.string(),
        recorded_at: z.string(),
        manifest: z.string(),
        from: z.string().nullable().describe('First day it held; null when it was replaced before it began'),
        to: z.string().nullable(),
      }),
    ),
    uncovered: z.array(z.object({ from: z.string(), to: z.string() })).describe('Days between versions'),
    owners: z.array(
      z.object({
        owner: z.string().nullable(),
        name: z.string().nullable(),
        effective_from: z.string(),
        assigned_by: z.string(),
      }),
    ),
    population: z.object({
      name: z.string(),
      unit: z.string(),
      source_of_truth: z.string(),
      minimum_fields: z.array(z.string()),
      completeness_and_accuracy: z.string(),
    }),
    tests: z.object({
      type1: z.array(step),
      type2: z.object({
        approach: z.string(),
        may_have_no_occurrences: z.boolean(),
        steps: z.array(step),
        attributes: z.array(z.string()),
      }),
    }),
    slots: z.array(
      z.object({ id: z.string(), title: z.string(), kind: z.enum(['document', 'automated']), required: z.boolean() }),
    ),
    requests: z.array(z.object({ id: z.string(), request: z.string(), kind: z.string(), phase: z.string() })),
    crosswalk: z.array(
      z.object({
        framework: z.string(),
        name: z.string(),
        items: z.array(z.object({ id: z.string(), title: z.string() })),
      }),
    ),
    typical_exceptions: z.array(z.string()),
  }),
  async run(ctx, { id }) {
    const control = framework().controls.get(id)
    if (!control) throw new Refused('UNKNOWN_CONTROL', `there is no control ${id}`, { status: 404, pointer: '/id' })
    const setting = await settingOf(ctx)
    const shown = rowOf(control, setting)
    const versions = setting.versions.get(id) ?? []
    const segments = timeline(versions)
    const holds = versionOn(segments, setting.day) ?? versions[0]
    return {
      ...shown,
      startup_note: control.startup_note ?? null,
      parameters: { ...(holds?.parameters ?? control.parameters) },
      vague_words: vagueWords(shown.statement),
      versions: versions.toReversed().map((version) => {
        const segment = segments.find((s) => s.version.n === version.n)
        return {
          ...version,
          parameters: { ...version.parameters },
          criteria: [...version.criteria],
          required_slots: [...version.required_slots],
          from: segment?.from ?? null,
          to: segment?.to ?? null,
        }
      }),
      uncovered: gapsBetween(segments),
      owners: await ownerHistory(ctx.tx, id, ctx.knownAt),
      ...contentOf(control, holds?.required_slots ?? []),
    }
  },
})

/** What the library says about a control besides its text. */
function contentOf(control: LibraryControl, required: readonly string[]) {
  const { catalogue, control_map, meta } = crosswalk()
  return {
    population: { ...control.population, minimum_fields: [...control.population.minimum_fields] },
    tests: {
      type1: [...control.tests.type1],
      type2: {
        ...control.tests.type2,
        steps: [...control.tests.type2.steps],
        attributes: [...control.tests.type2.attributes],
      },
    },
    slots: slotsOf(control).map((slot) => ({ ...slot, required: required.includes(slot.id) })),
    requests: requests().requests.filter((request) => request.controls.includes(control.id)),
    crosswalk: Object.entries(control_map[control.id] ?? {}).map(([id, items]) => ({
      framework: id,
      name: meta.frameworks.find((f) => f.id === id)?.name ?? id,
      items: items.map((item) => ({ id: item, title: catalogue[id]?.[item] ?? '' })),
    })),
    typical_exceptions: [...control.typical_exceptions],
  }
}
