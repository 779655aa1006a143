// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { addMonths } from '../../features/system/period.ts'
import { daysBetween } from '../../lib/time.ts'
import type { Company, Moment } from './company.ts'

/*
 * Readiness at three dates, worked out by hand from the days in company-days.ts and the formula of rules.yaml: a control is
 * 0.2 D + 0.2 I + 0.2 F + 0.4 O, a criterion the mean of its controls, key controls counting twice, capped at 0.5 while a
 * key control is ineffective (O below 0.9, or its checks failing past their grace).
 *
 * Everything is adopted on day 0 and attested (demo/reviews.ts), which gives 1, but for these:
 *
 *                day 29                    day 59                    day 89
 *   AST-05       0, its policy POL-09 was never approved
 *   AVL-01,2,6,7 0, POL-19 not in force    1; AVL-07 0.2, no exercise AVL-01 one month of two: 0.2 + 0.2 + 0.4 / 2 = 0.6
 *   HRS-06, MON-03, INC-04  0.2, not yet   HRS-06 1, others 0.2      1
 *   IAM-01       29 of 30 days             42 of 60, ineffective     72 of 90, ineffective
 *   IAM-05       1, no leaver yet          0 of 1 leaver: 0.6        1 of 2 leavers: 0.8; ineffective on both days
 *   IAM-02       1                         55 of 60                  85 of 90
 *   IAM-07, 11   26 of 30, ineffective     56 of 60                  86 of 90
 *   IAM-09       23 of 30                  53 of 60                  83 of 90
 *   END-01       not in effect             17 of 20, ineffective     47 of 50
 *   VUL-06       21 of 29                  45 of 53                  75 of 83; excepted days count neither way
 *   LOG-01       24 of 30, ineffective     54 of 60                  84 of 90
 *   CHG-02, 06   1                         26 of 27 changes          41 of 43 changes
 *   CHG-04       1                         59 of 60 days             88 of 90 days
 *   CRY-02, AVL-03  0.2: never passed, so not implemented, and ineffective
 *   NET-05       0.2: nothing shows that it was ever performed
 */
const operating = (passed: number, expected: number): number => 0.6 + (0.4 * passed) / expected

/** Scores on days 29, 59 and 89; the numbers before the controls' scores are their weights. */
const SCORES: Readonly<Record<string, readonly [number, number, number]>> = {
  // GOV-02 and GOV-03, both key, attested on days 2 and 28.
  'CC1.2': [1, 1, 1],
  // HRS-01, HRS-03, HRS-06 (key) and HRS-07: performance talks were held only on day 55.
  'CC1.4': [(2 + 2 + 2 * 0.2 + 1) / 7, 1, 1],
  // MON-01, MON-03, VND-04 (key) and VUL-06: the penetration test was on day 70.
  'CC4.1': [
    (2 + 2 * 0.2 + 2 + operating(21, 29)) / 7,
    (2 + 2 * 0.2 + 2 + operating(45, 53)) / 7,
    (2 + 2 + 2 + operating(75, 83)) / 7,
  ],
  // HRS-07, and the key controls IAM-01, IAM-03, IAM-05, IAM-06: first all is well, then IAM-01 and IAM-05 cap.
  'CC6.2': [(1 + 2 * operating(29, 30) + 2 + 2 + 2) / 9, 0.5, 0.5],
  // AST-05 (key) and HRS-07.
  'CC6.5': [1 / 3, 1 / 3, 1 / 3],
  // CRY-02, END-01 (key) and NET-05. Without END-01 all is 0.2; with it the mean stays just below the cap, then above.
  'CC6.7': [0.2, (2 * 0.2 + 2 * operating(17, 20) + 0.2) / 5, 0.5],
  // END-02, LOG-01, LOG-02 (key) and LOG-04: LOG-01 is ineffective until the drift is 60 days of history.
  'CC7.2': [0.5, (2 + 2 * operating(54, 60) + 2 + 1) / 7, (2 + 2 * operating(84, 90) + 2 + 1) / 7],
  // AVL-02, AVL-06, AVL-07 and RSK-02, all key, of equal weight.
  'CC9.1': [1 / 4, (1 + 1 + 0.2 + 1) / 4, (1 + 1 + 0.2 + 1) / 4],
  // AVL-01, AVL-02 (key) and LOG-04: at first only LOG-04 has a policy; at last the second capacity review is missing.
  'A1.1': [1 / 5, 1, 0.5],
  // AVL-05 and AVL-07, both key: 0.6 is the threshold of "at risk", and reaches it.
  'A1.3': [2 / 4, (2 + 2 * 0.2) / 4, (2 + 2 * 0.2) / 4],
}

/** Criteria that are not ready or at risk; the others of the 33 common criteria and the 3 of availability are ready. */
const NOT_READY = {
  29: 'CC2.1 CC6.1 CC6.3 CC6.5 CC6.6 CC6.7 CC7.2 CC7.3 CC7.5 CC9.1 A1.1 A1.2 A1.3',
  59: 'CC6.1 CC6.2 CC6.3 CC6.5 CC6.6 CC6.7 CC6.8 CC7.5 A1.2',
  89: 'CC6.1 CC6.2 CC6.3 CC6.5 CC6.6 CC6.7 CC7.5 A1.1 A1.2',
} as const
const AT_RISK = {
  29: 'CC1.4 CC1.5 CC3.2 CC4.1 CC7.1',
  59: 'CC3.2 CC4.1 CC7.1 CC9.1 A1.3',
  89: 'CC9.1 A1.3',
} as const

/** Ready, at risk, not ready, by category. */
const TALLIES = {
  29: { security: [18, 5, 10], availability: [0, 0, 3] },
  59: { security: [21, 4, 8], availability: [1, 1, 1] },
  89: { security: [25, 1, 7], availability: [0, 1, 2] },
} as const

/**
 * Controls in effect, and those of them that count as not effective, key or not: IAM-07, IAM-09, IAM-11, CRY-02, VUL-06,
 * LOG-01 and AVL-03 at first; then IAM-01, IAM-05, IAM-09, CRY-02, END-01, VUL-06 and AVL-03; at last IAM-01, IAM-05, CRY-02,
 * AVL-01 and AVL-03.
 */
const EFFECT = {
  29: { in_effect: 73, ineffective: 7, without_owner: 0 },
  59: { in_effect: 74, ineffective: 7, without_owner: 0 },
  89: { in_effect: 74, ineffective: 5, without_owner: 0 },
} as const

const DAYS = [29, 59, 89] as const

export function describeReadiness(company: () => Company): void {
  /** A day of the story, with all that was known at its end. */
  const asOf = (day: number): Moment => ({ asOf: company().end(day), knownAt: company().end(89) })

  for (const [i, day] of DAYS.entries()) {
    test(`on day ${day} each criterion has the score and the status that its controls give it`, async () => {
      const { rows } = await company().ask('readiness.criteria', {}, asOf(day))
      expect(rows).toHaveLength(36)
      const scores = Object.fromEntries(rows.map((row) => [row.id, row.score]))
      for (const [id, expected] of Object.entries(SCORES)) expect(scores[id], id).toBeCloseTo(expected[i] ?? -1, 5)
      const of = (status: string): string => rows.flatMap((row) => (row.status === status ? [row.id] : [])).join(' ')
      expect(of('not_ready')).toBe(NOT_READY[day])
      expect(of('at_risk')).toBe(AT_RISK[day])
    })

    test(`on day ${day} each category counts its criteria, and says no more than that`, async () => {
      const { categories, controls, scope, sentence } = await company().ask('readiness.overview', {}, asOf(day))
      const counted = categories.map(({ category, criteria: c }) => [category, [c.ready, c.at_risk, c.not_ready]])
      expect(Object.fromEntries(counted)).toEqual(TALLIES[day])
      const ready = TALLIES[day].security[0] + TALLIES[day].availability[0]
      expect(sentence).toContain(`${ready} of 36 criteria are ready`)
      expect(controls).toEqual(EFFECT[day])
      expect(scope).toMatchObject({ days_covered: day + 1, days_total: 182 })
    })
  }

  test('what could not be read is counted, and what was read is all there was', async () => {
    const read = (filter: { outcome?: 'failed' | 'partial'; stream?: string }) =>
      company().ask('evidence.list', { ...filter, limit: 100 }, asOf(89))
    // The code host's four streams on each of the nine days on which it was gone.
    expect((await read({ outcome: 'failed' })).rows).toHaveLength(9 * 4)
    expect((await read({ outcome: 'partial' })).rows).toEqual([])
    // The first commit, one on each of the 45 even days but for 5 of the nine, and two that nobody reviewed.
    const [newest] = (await read({ stream: 'changes' })).rows
    expect(newest).toMatchObject({ outcome: 'complete', listed: 43, collected: 43, unreachable: 0 })
  })

  test('before it was recorded nobody counted on a late attestation', async () => {
    // The months are attested after they are over: on day 29 itself nothing had been said about the first.
    const at = { asOf: company().end(29), knownAt: company().end(29) }
    const { rows } = await company().ask('readiness.controls', { limit: 500 }, at)
    expect(rows.find((row) => row.control_id === 'MON-01')).toMatchObject({ score: 0.2 })
    const later = await company().ask('readiness.controls', { limit: 500 }, { ...at, knownAt: company().end(30) })
    expect(later.rows.find((row) => row.control_id === 'MON-01')).toMatchObject({ score: 1 })
  })

  test('on the last day exactly these gaps stand, each with its owner and the day it is due', async () => {
    const { rows } = await company().ask('tasks.list', { state: 'unfinished', limit: 100 }, asOf(89))
    const stands = rows.map((task) => [
      task.type,
      task.control_id ?? task.policy_id,
      task.severity,
      task.owner_name,
      task.state,
      daysBetween(company().day(0), task.due_on),
    ])
    // The second month of capacity reviews begins a calendar month after day 0, and is missed once its 38 days are over.
    const missed = daysBetween(company().day(0), addMonths(company().day(0), 1)) + 38
    const due = { high: 30, medium: 60 }
    const expected = [
      // Never approved; 30 days from day 0. What is no control's own is up to who runs the programme.
      ['missing_policy', 'POL-09', 'high', 'Ada Lind', 'open', due.high],
      // Its checks failed on day 0 and on the two days that a daily control is given.
      ['ineffective_control', 'AVL-03', 'high', 'Ben Okafor', 'open', 2 + due.high],
      // On day 32 only 29 of 33 days were good, and it was never again at 9 in 10.
      ['ineffective_control', 'IAM-01', 'high', 'Ben Okafor', 'open', 32 + due.high],
      // Nothing was shown on days 0 to 2; a continuous control is stale after two days.
      ['lacking_documentation', 'NET-05', 'medium', 'Ben Okafor', 'open', 2 + due.medium],
      // Found on day 49, with the first list that showed the account.
      ['ineffective_control', 'IAM-05', 'high', 'Ben Okafor', 'open', 49 + due.high],
      ['ineffective_control', 'AVL-01', 'high', 'Ben Okafor', 'open', missed + due.high],
      // Failing since day 0; on day 62 Ben took it in hand and gave it until day 100.
      ['ineffective_control', 'CRY-02', 'high', 'Ben Okafor', 'in_progress', 100],
      // The word of day 30 was too old on day 69.
      ['lacking_documentation', 'AVL-01', 'medium', 'Ben Okafor', 'open', 69 + due.medium],
    ]
    const key = (gap: readonly unknown[]): string => gap.slice(0, 2).join(' ')
    const sorted = (gaps: readonly (readonly unknown[])[]) => gaps.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    expect(sorted(stands)).toEqual(sorted(expected))
  })
}
