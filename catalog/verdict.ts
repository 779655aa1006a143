// SPDX-License-Identifier: Apache-2.0
import { environmentOf, namesIn, paramsValue, periodValue, type CelRow } from './cel.ts'
import type { Check, CheckExample, Verdict } from './check.ts'
import { attempt, evaluate, oneLine, prepare, type Prepared, type Scope } from './evaluation.ts'
import { explanation, type Explanation } from './explain.ts'
import {
  checkJoins,
  indexRows,
  joinRows,
  type Body,
  type LookupIndex,
  type LookupIndexes,
  type Subject,
} from './joins.ts'
import type { Kind } from './kind.ts'

/** The verdict on one subject. `because` is there unless it passes; a failure names the conditions that are not true. */
export interface Judged {
  readonly status: Verdict
  readonly because: string | null
}

/** A check that was parsed, type-checked against its kinds, and can judge. Pure: same rows, same verdicts. */
export interface CompiledCheck {
  readonly check: Check
  readonly kind: Kind
  readonly lookups: Readonly<Record<string, Kind>>
  /** Builds the index of one declared lookup from the bodies of its rows. */
  index(name: string, bodies: Iterable<Body>): LookupIndex
  /** @param indexes the index of each declared lookup */
  judge(subject: Subject, indexes: LookupIndexes, now: Date): Judged
  explain(subject: Subject, indexes: LookupIndexes, now: Date): Judged & Explanation
}

const BECAUSE_MOST = 500

/**
 * @param kindOf throws Refused UNKNOWN_KIND
 * @throws Refused UNKNOWN_KIND, BAD_EXPRESSION, BAD_CHECK
 */
export function compileCheck(check: Check, kindOf: (id: string) => Kind): CompiledCheck {
  const kind = kindOf(check.for)
  const lookups = Object.fromEntries(Object.entries(check.lookup).map(([name, { from }]) => [name, kindOf(from)]))
  checkJoins(check, kind, lookups)
  const celScope = { subject: kind, lookups, params: check.params }
  const environment = environmentOf(celScope)
  const names = namesIn(celScope)
  const where = check.where === undefined ? undefined : prepare(environment, check.where, 'where', names)
  const assert = prepare(environment, check.assert, 'assert', names)
  const given = { check, kind, params: paramsValue(check.params) }
  const periodAt = lastOf(periodValue)
  return {
    check,
    kind,
    lookups,
    index: (name, bodies) => indexRows(check, name, lookups[name]!, bodies), // called with declared names only
    judge: (subject, indexes, now) => decide(where, assert, joinRows(given, subject, indexes, periodAt(now))),
    explain(subject, indexes, now) {
      const scope = joinRows(given, subject, indexes, periodAt(now))
      return { ...decide(where, assert, scope), ...explanation(where, assert, scope) }
    },
  }
}

/** Remembers the last answer: a whole population is judged at one moment. */
function lastOf(make: (now: Date) => CelRow): (now: Date) => CelRow {
  let last: { readonly at: number; readonly value: CelRow } | undefined
  return (now) => {
    if (last?.at !== now.getTime()) last = { at: now.getTime(), value: make(now) }
    return last.value
  }
}

const PASS: Judged = { status: 'pass', because: null }
const OUT_OF_SCOPE: Judged = { status: 'not_applicable', because: null }
const inconclusive = (because: string): Judged => ({
  status: 'inconclusive',
  because: because.slice(0, BECAUSE_MOST),
})

/** False is a failure; everything that is neither true nor false is inconclusive, never a pass. */
function decide(where: Prepared | undefined, assert: Prepared, scope: Scope): Judged {
  if (scope.fault !== undefined) return inconclusive(scope.fault)
  if (where) {
    const inScope = evaluate(where, scope)
    if (inScope === false) return OUT_OF_SCOPE
    if (inScope !== true) return inconclusive(`scope: ${inScope}`)
  }
  const holds = evaluate(assert, scope)
  if (holds === true) return PASS
  if (holds !== false) return inconclusive(holds)
  const broken = assert.parts.filter((part) => attempt(part, scope) === false)
  const texts = (broken.length > 0 ? broken : [assert.expression]).map((part) => oneLine(part.source))
  return { status: 'fail', because: `not true: ${texts.join('; ')}`.slice(0, BECAUSE_MOST) }
}

/** The moment at which examples are judged unless they name another. */
export const EXAMPLE_NOW = '2026-06-01T12:00:00Z'

/** Judges an example as the engine would judge facts. */
export function judgeExample(compiled: CompiledCheck, example: CheckExample): Judged {
  const indexes = Object.fromEntries(
    Object.keys(compiled.lookups).map((name) => [name, compiled.index(name, example.lookup?.[name] ?? [])]),
  )
  return compiled.judge({ body: example.subject }, indexes, new Date(example.now ?? EXAMPLE_NOW))
}

/** What is wrong with the examples: a row its kind does not allow, or another verdict than the one promised. */
export function faultyExamples(compiled: CompiledCheck): string[] {
  return Object.entries(compiled.check.examples).flatMap(([expected, list]) =>
    (list ?? []).flatMap((example, i) => {
      const faults = rowsOf(compiled, example)
      const judged = judgeExample(compiled, example)
      if (judged.status !== expected)
        faults.push(`expected ${expected}, got ${judged.status}${judged.because ? ` (${judged.because})` : ''}`)
      return faults.map((fault) => `${expected} example ${i + 1}: ${fault}`)
    }),
  )
}

function rowsOf(compiled: CompiledCheck, example: CheckExample): string[] {
  const faults = faultOfRow('subject', compiled.kind, example.subject)
  for (const [name, bodies] of Object.entries(example.lookup ?? {})) {
    const kind = compiled.lookups[name]
    if (kind) faults.push(...bodies.flatMap((body) => faultOfRow(name, kind, body)))
    else faults.push(`the check declares no lookup ${name}`)
  }
  return faults
}

/** Examples give only the fields that matter; what they give must be allowed by the kind. */
function faultOfRow(name: string, kind: Kind, body: Body): string[] {
  const parsed = kind.schema.partial().safeParse(body)
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${name}.${issue.path.join('.')} is not as in ${kind.id}: ${issue.message}`)
}
