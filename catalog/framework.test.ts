// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { crosswalk, descriptionCriteria, framework, loadContent, requests, slotsOf } from './framework.ts'
import { freshnessOf, rulebook } from './rulebook.ts'
import { scoping } from './scoping.ts'
import { CATEGORIES, FREQUENCIES, GAP_TYPES, STAGES } from './terms.ts'

const { criteria, controls, policies, evidenceChecks, evidenceSources, groups, categories, meta } = framework()
const library = [...controls.values()]
const count = <T>(rows: readonly T[], of: (row: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const row of rows) counts[of(row)] = (counts[of(row)] ?? 0) + 1
  return counts
}
const known = (ids: Iterable<string>, where: ReadonlyMap<string, unknown>): string[] =>
  [...ids].filter((id) => !where.has(id))

describe('the content of the framework', () => {
  it('has 61 criteria, 134 controls, 25 policies, 80 requests and 9 description criteria', () => {
    expect([criteria.size, controls.size, policies.size]).toEqual([61, 134, 25])
    expect(requests().requests).toHaveLength(80)
    expect(new Set(requests().requests.map((r) => r.id)).size).toBe(80)
    expect(descriptionCriteria().criteria.map((c) => c.id)).toEqual([
      'DC1',
      'DC2',
      'DC3',
      'DC4',
      'DC5',
      'DC6',
      'DC7',
      'DC8',
      'DC9',
    ])
  })

  it('counts what its own summaries say it counts', () => {
    const all = [...criteria.values()]
    expect({ total: all.length, ...count(all, (c) => c.category) }).toEqual({
      ...meta.criteria.counts,
      our_points_of_focus: undefined,
    })
    expect(all.flatMap((c) => c.points_of_focus)).toHaveLength(meta.criteria.counts['our_points_of_focus'] ?? 0)
    expect(count(all, (c) => c.group)).toEqual(meta.criteria.counts_by_group)
    expect(meta.controls.counts).toEqual({
      controls: controls.size,
      checks: evidenceChecks.size,
      policies: policies.size,
    })
    expect(count(library, (c) => c.stage)).toEqual(meta.controls.by_stage)
    expect(count(library, (c) => c.nature)).toEqual(meta.controls.by_nature)
    expect(count(library, (c) => c.frequency)).toEqual(meta.controls.by_frequency)
    expect(count(library, (c) => c.type)).toEqual(meta.controls.by_type)
  })

  it('refers only to things that exist', () => {
    for (const c of library) {
      expect(known(c.criteria, criteria), c.id).toEqual([])
      expect(known([c.policy], policies), c.id).toEqual([])
      expect(known(c.evidence.automated_checks, evidenceChecks), c.id).toEqual([])
    }
    for (const c of criteria.values()) expect(known(c.library_controls, controls), c.id).toEqual([])
    for (const p of policies.values()) {
      expect(known(p.controls, controls), p.id).toEqual([])
      expect(known(p.supports_criteria, criteria), p.id).toEqual([])
    }
    for (const r of requests().requests) {
      expect(known(r.controls, controls), r.id).toEqual([])
      expect(known(r.criteria, criteria), r.id).toEqual([])
    }
    expect(
      known(
        [...evidenceChecks.values()].map((c) => c.source),
        evidenceSources,
      ),
    ).toEqual([])
    expect(known(Object.keys(crosswalk().control_map), controls)).toEqual([])
    expect(known(Object.keys(crosswalk().criterion_map), criteria)).toEqual([])
    for (const map of [crosswalk().control_map, crosswalk().criterion_map])
      for (const [id, targets] of Object.entries(map))
        for (const [name, items] of Object.entries(targets))
          expect(
            items.filter((item) => !(item in (crosswalk().catalogue[name] ?? {}))),
            `${id} ${name}`,
          ).toEqual([])
  })

  it('says the same in both directions: criteria name their controls, groups their criteria, policies their controls', () => {
    for (const c of criteria.values())
      expect([...c.library_controls].toSorted(), c.id).toEqual(
        library
          .filter((l) => l.criteria.includes(c.id))
          .map((l) => l.id)
          .toSorted(),
      )
    expect(groups.flatMap((g) => g.criteria)).toEqual([...criteria.keys()])
    expect(categories.flatMap((c) => c.criteria_series)).toEqual(groups.map((g) => g.id))
    for (const c of library) expect(policies.get(c.policy)?.controls, c.id).toContain(c.id)
  })

  it('maps every criterion and control to the other frameworks', () => {
    expect(Object.keys(crosswalk().control_map)).toHaveLength(134)
    expect(Object.keys(crosswalk().criterion_map)).toHaveLength(61)
  })

  it('has vague words in no statement: an auditor tests the words', () => {
    const vague = /\b(as needed|periodically|timely|regularly|as appropriate|from time to time)\b/i
    expect(library.filter((c) => vague.test(c.statement)).map((c) => c.id)).toEqual([])
  })

  it('gives each control evidence slots with different names', () => {
    for (const c of library) {
      const slots = slotsOf(c).map((s) => s.id)
      expect(slots.length, c.id).toBeGreaterThan(0)
      expect(new Set(slots).size, c.id).toBe(slots.length)
    }
  })

  it('cannot be changed by whoever reads it', () => {
    expect(() => {
      Object.assign(library[0]!, { title: 'changed' }) // the library has 134
    }).toThrow(TypeError)
  })
})

describe('the content of the scoping interview', () => {
  const { fact_rules, key_controls, questions, category_reasons } = scoping()
  it('names only controls and criteria that exist', () => {
    expect(known(key_controls, controls)).toEqual([])
    expect(new Set(key_controls).size).toBe(key_controls.length)
    for (const rule of fact_rules) {
      expect(known([...rule.add, ...rule.leave_out], controls)).toEqual([])
      expect(known(rule.not_relevant, criteria)).toEqual([])
    }
    expect(Object.keys(category_reasons)).toEqual(expect.arrayContaining([...CATEGORIES]))
    expect(new Set(questions.map((q) => q.id)).size).toBe(questions.length)
  })

  it('gives every criterion a key control that a small company has too', () => {
    for (const criterion of criteria.values()) {
      const key = library.filter(
        (c) => c.criteria.includes(criterion.id) && key_controls.includes(c.id) && c.stage === 'startup',
      )
      expect(key.length, criterion.id).toBeGreaterThan(0)
    }
  })
})

describe('the rulebook', () => {
  it('knows the freshness of every frequency, and its limits add up', () => {
    for (const frequency of [...FREQUENCIES, 'policy_document', 'vendor_report']) {
      const { interval_days, grace_days, stale_after_days } = freshnessOf(frequency)
      if (interval_days !== null) expect(stale_after_days, frequency).toBe(interval_days + (grace_days ?? 0))
    }
  })

  it('describes every gap type, and every severity has a target', () => {
    expect(
      rulebook()
        .gaps.map((g) => g.type)
        .toSorted(),
    ).toEqual([...GAP_TYPES].toSorted())
    expect(rulebook().gap_target_days).toEqual({ critical: 14, high: 30, medium: 60, low: 90 })
  })

  it('weighs the components of readiness to one', () => {
    const { type1, type2 } = rulebook().readiness.weights
    for (const w of [type1, type2]) expect(w.D + w.I + w.F + w.O).toBeCloseTo(1, 10)
  })

  it('has set sizes for each stage', () => {
    expect(Object.keys(meta.controls.cumulative_set_size_by_stage_and_category)).toEqual([...STAGES])
  })
})

describe('content that breaks its contract', () => {
  it('is named by its file', () => {
    expect(() => loadContent('rules', z.strictObject({}))).toThrow(/catalog\/frameworks\/rules\.yaml/)
  })
  it('is not asked for: a frequency without a rule is a bug', () => {
    expect(() => freshnessOf('fortnightly')).toThrow(/no freshness for "fortnightly"/)
  })
})
