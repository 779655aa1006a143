// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../catalog/check.ts'

/**
 * 300 different questions about changes of code, as `performance.md` W2 shapes them: 120 of a field and its value, 60 of a
 * threshold, 45 of a set of texts, 30 of nobody and 15 of everybody in a list, 30 of an age. Each in three languages, so that
 * engines can be compared on the same facts: CEL, a closure written by hand, and SQL over jsonb.
 */

type Fact = Readonly<Record<string, unknown>>
export interface Question {
  readonly cel: string
  readonly byHand: (fact: Fact) => boolean
  readonly sql: string
}

export const NOW = '2026-03-01T00:00:00.000Z'
const now = Date.parse(NOW)
const DAY = 86_400_000
const of = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))
const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ')

const values: Question[] = of(120, (i) =>
  i % 2 === 0
    ? {
        cel: `!subject.is_direct || subject.files_changed != ${i}`,
        byHand: (fact) => fact['is_direct'] !== true || fact['files_changed'] !== i,
        sql: `(not (body->>'is_direct')::bool or (body->>'files_changed')::bigint <> ${i})`,
      }
    : {
        cel: `subject.is_merge || subject.repository != 'repository-${i}'`,
        byHand: (fact) => fact['is_merge'] === true || fact['repository'] !== `repository-${i}`,
        sql: `((body->>'is_merge')::bool or body->>'repository' <> 'repository-${i}')`,
      },
)
const thresholds: Question[] = of(60, (i) => ({
  cel: `subject.lines_added + subject.lines_removed <= ${i * 40}`,
  byHand: (fact) => (fact['lines_added'] as number) + (fact['lines_removed'] as number) <= i * 40,
  sql: `(body->>'lines_added')::bigint + (body->>'lines_removed')::bigint <= ${i * 40}`,
}))
const sets: Question[] = of(45, (i) => {
  const allowed = of(6, (n) => `branch-${(i * 3 + n * 7) % 50}`)
  return {
    cel: `subject.branch in [${quoted(allowed)}]`,
    byHand: (fact) => allowed.includes(fact['branch'] as string),
    sql: `body->>'branch' in (${quoted(allowed)})`,
  }
})
const nobody: Question[] = of(30, (i) => ({
  cel: `!subject.reviewers.exists(r, r == 'person-${i}@example.org')`,
  byHand: (fact) => !(fact['reviewers'] as string[]).includes(`person-${i}@example.org`),
  sql: `not (body->'reviewers' ? 'person-${i}@example.org')`,
}))
const everybody: Question[] = of(15, (i) => ({
  cel: `subject.reviewers.all(r, r.endsWith('@example.org') && r != 'person-${i * 3}@example.org')`,
  byHand: (fact) =>
    (fact['reviewers'] as string[]).every((r) => r.endsWith('@example.org') && r !== `person-${i * 3}@example.org`),
  sql: `not exists (select from jsonb_array_elements_text(body->'reviewers') r where not (r like '%@example.org' and r <> 'person-${i * 3}@example.org'))`,
}))
const ages: Question[] = of(30, (i) => ({
  cel: `period.now - subject.landed_at <= duration('${24 * (10 + i * 10)}h')`,
  byHand: (fact) => now - Date.parse(fact['landed_at'] as string) <= (10 + i * 10) * DAY,
  sql: `timestamptz '${NOW}' - (body->>'landed_at')::timestamptz <= interval '${24 * (10 + i * 10)} hours'`,
}))

export const QUESTIONS: readonly Question[] = [...values, ...thresholds, ...sets, ...nobody, ...everybody, ...ages]

export const checkOf = ({ cel }: Question, i: number): Check => ({
  id: `question-${i}`,
  title: `Question ${i}`,
  says: `What question ${i} asks is so.`,
  for: 'code-change',
  assert: cel,
  lookup: {},
  params: {},
  found: {},
  fresh: '26h',
  severity: 'low',
  controls: [],
  remediation: 'See to it that it is so.',
  examples: { pass: [], fail: [] },
})

/** A change of code; `round` changes what one in a hundred says. */
export function changeOf(i: number, round = 0): Fact {
  const n = (i * 2_654_435_761) % 4_294_967_296
  const flips = round > 0 && i % 100 === round % 100
  return {
    repository: `repository-${n % 97}`,
    sha: n.toString(16).padStart(40, '0'),
    branch: `branch-${n % 50}`,
    author_name: `Person ${n % 40}`,
    author_email: `person-${n % 40}@example.org`,
    committer_name: 'Web',
    committer_email: 'web@example.org',
    authored_at: new Date(now - (n % 400) * DAY).toISOString(),
    landed_at: new Date(now - (n % 365) * DAY).toISOString(),
    is_merge: (n % 3 === 0) !== flips,
    is_direct: n % 11 === 0,
    title: `Change number ${i} of the program, as small as it can be`,
    reviewers: of(n % 4, (r) => `person-${(n + r * 13) % 40}@example.org`),
    change_request: n % 5 === 0 ? null : `#${i}`,
    signature: n % 7 === 0 ? 'none' : 'good',
    files_changed: n % 30,
    lines_added: flips ? 5000 : n % 900,
    lines_removed: n % 1100,
  }
}
