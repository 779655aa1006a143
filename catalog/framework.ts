// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { CATEGORIES, FREQUENCIES, NATURES, STAGES } from './terms.ts'

/**
 * The field's content as data: criteria, controls, policies, requests, crosswalk and rules, in our own words. Files are
 * read, checked and frozen once, on first use; `framework.test.ts` proves that every reference leads somewhere.
 */

const words = z.array(z.string().min(1)).readonly()
const category = z.enum(CATEGORIES)

const criterion = z.strictObject({
  id: z.string().regex(/^(CC|A|C|PI|P)\d\.\d$/),
  category: z.enum(['common', 'availability', 'confidentiality', 'processing_integrity', 'privacy']),
  group: z.string(),
  group_title: z.string(),
  coso_principle: z.number().int().nullable(),
  title: z.string(),
  paraphrase: z.string(),
  applies: z.string(),
  auditor_asks: z.string(),
  points_of_focus: z
    .array(
      z.strictObject({
        id: z.string(),
        text: z.string(),
        applies: z.union([z.literal('with_criterion'), z.array(category).readonly()]),
        role: z.enum(['controller', 'processor', 'both']).optional(),
      }),
    )
    .readonly(),
  library_controls: words,
})
/** One of the 61 yardsticks. Security uses the common criteria. */
export type Criterion = z.infer<typeof criterion>

const criteriaFile = z.strictObject({
  meta: z.looseObject({
    counts: z.record(z.string(), z.number()),
    counts_by_group: z.record(z.string(), z.number()),
  }),
  categories: z.array(
    z.strictObject({
      id: category,
      criteria_series: words,
      mandatory: z.boolean(),
      own_words: z.string(),
      choose_when: z.string(),
    }),
  ),
  groups: z.array(z.strictObject({ id: z.string(), title: z.string(), basis: z.string(), criteria: words })),
  criteria: z.array(criterion),
})

const step = z.strictObject({ aspect: z.string().optional(), method: z.string(), step: z.string() })
const control = z.strictObject({
  id: z.string().regex(/^[A-Z]{3}-\d\d$/),
  domain: z.string(),
  title: z.string(),
  statement: z.string(),
  criteria: words,
  include_when_any_category: z.array(category).readonly(),
  type: z.enum(['preventive', 'detective', 'corrective']),
  nature: z.enum(NATURES),
  frequency: z.enum(FREQUENCIES),
  expected_volume: z.enum(['multiple_per_day', 'high', 'medium', 'low', 'rare']).optional(),
  stage: z.enum(STAGES),
  startup_note: z.string().optional(),
  owner_role: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), words])).optional(),
  policy: z.string(),
  population: z.strictObject({
    name: z.string(),
    unit: z.string(),
    source_of_truth: z.string(),
    minimum_fields: words,
    completeness_and_accuracy: z.string(),
  }),
  tests: z.strictObject({
    type1: z.array(step).readonly(),
    type2: z.strictObject({
      approach: z.string(),
      may_have_no_occurrences: z.boolean(),
      steps: z.array(step).readonly(),
      attributes: words,
    }),
  }),
  evidence: z.strictObject({ automated_checks: words, manual: words }),
  typical_exceptions: words,
})
/** A control of the library: a starting point that management adapts, because the auditor tests the words. */
export type LibraryControl = z.infer<typeof control>

const policy = z.strictObject({
  id: z.string().regex(/^POL-\d\d$/),
  title: z.string(),
  must_cover: z.string(),
  supports_criteria: words,
  controls: words,
})
export type Policy = z.infer<typeof policy>

const evidenceCheck = z.strictObject({
  id: z.string(),
  source: z.string(),
  collects: z.string(),
  pass_when_or_use: z.string(),
  example_prowler_checks: words.optional(),
})

const controlsFile = z.strictObject({
  meta: z.looseObject({
    counts: z.record(z.string(), z.number()),
    by_stage: z.record(z.string(), z.number()),
    by_nature: z.record(z.string(), z.number()),
    by_frequency: z.record(z.string(), z.number()),
    by_type: z.record(z.string(), z.number()),
    cumulative_set_size_by_stage_and_category: z.record(z.enum(STAGES), z.record(category, z.number())),
  }),
  policies: z.array(policy),
  evidence_sources: z.array(z.strictObject({ id: z.string(), description: z.string() })),
  checks: z.array(evidenceCheck),
  controls: z.array(control),
})

const mapping = z.record(z.string(), z.record(z.string(), words))
const crosswalkFile = z.strictObject({
  meta: z.looseObject({
    frameworks: z.array(z.looseObject({ id: z.string(), name: z.string(), confidence: z.string() })),
  }),
  catalogue: z.record(z.string(), z.record(z.string(), z.string())),
  criterion_map: mapping,
  control_map: mapping,
  gaps_not_covered_by_library: z.record(z.string(), words),
  gaps_note: z.string(),
})

const request = z.strictObject({
  id: z.string().regex(/^R-\d\d\d$/),
  request: z.string(),
  kind: z.string(),
  phase: z.string(),
  report_type: z.string(),
  criteria: words,
  controls: words,
})
const requestsFile = z.strictObject({
  meta: z.looseObject({ count: z.number() }),
  requests: z.array(request),
})

const descriptionFile = z.strictObject({
  meta: z.looseObject({ count: z.number() }),
  criteria: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      must_contain: words,
      applies_to: z.array(z.enum(['type1', 'type2'])),
      product_objects: words,
      auto_draft: z.string(),
      checks: words,
      common_defects: words,
    }),
  ),
})

const read = (name: string): unknown =>
  parse(readFileSync(new URL(`./frameworks/${name}.yaml`, import.meta.url), 'utf8'), { maxAliasCount: 0 })

/** Reads a content file, checks its shape and freezes it. @throws when the file breaks its contract: a bug of ours */
export function loadContent<S extends z.ZodType>(name: string, schema: S): z.infer<S> {
  const parsed = schema.safeParse(read(name))
  if (!parsed.success) throw new Error(`catalog/frameworks/${name}.yaml: ${z.prettifyError(parsed.error)}`)
  return freeze(parsed.data)
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}

/** Runs `make` on the first call only. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

const byId = <T extends { readonly id: string }>(rows: readonly T[]): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [row.id, row]))

/** The trust services criteria of 2017 with the library built on them. */
export const framework = lazily(() => {
  const soc2 = loadContent('soc2-2017', criteriaFile)
  const library = loadContent('controls', controlsFile)
  return {
    meta: { criteria: soc2.meta, controls: library.meta },
    categories: soc2.categories,
    groups: soc2.groups,
    criteria: byId(soc2.criteria),
    controls: byId(library.controls),
    policies: byId(library.policies),
    evidenceSources: byId(library.evidence_sources),
    evidenceChecks: byId(library.checks),
  }
})

export const crosswalk = lazily(() => loadContent('crosswalk', crosswalkFile))
/** The request list an auditor usually starts from (PBC). */
export const requests = lazily(() => loadContent('pbc', requestsFile))
export const descriptionCriteria = lazily(() => loadContent('description-criteria', descriptionFile))

/** A place in a control's evidence list; evidence is put forward for one of them. */
export interface Slot {
  readonly id: string
  readonly title: string
  readonly kind: 'document' | 'automated'
}

/** The evidence slots of a control: `document-1`… in the library's order, then its automated sources by name. */
export const slotsOf = (of: LibraryControl): Slot[] => [
  ...of.evidence.manual.map((title, i): Slot => ({ id: `document-${i + 1}`, title, kind: 'document' })),
  ...of.evidence.automated_checks.map((id): Slot => ({
    id,
    title: framework().evidenceChecks.get(id)?.collects ?? id,
    kind: 'automated',
  })),
]
