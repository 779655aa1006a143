// SPDX-License-Identifier: Apache-2.0
import { NoAnswer, type Fault, type Frame } from '../lib/cel/value.ts'
import { languageOf, periodRow } from './cel.ts'
import type { Check, CheckExample, Verdict } from './check.ts'
import { evaluate, oneLine, prepare, type Prepared } from './evaluation.ts'
import { explanation, type Explanation } from './explain.ts'
import { checkJoins, indexRows, joiner, type Join, type LookupIndex, type LookupIndexes } from './joins.ts'
import type { Kind } from './kind.ts'
import { rowReader, type Body, type ReadRow, type Reads } from './rows.ts'
import { sayer } from './sentences.ts'

/**
 * The verdict on one subject. `because` is there unless it passes: the sentence of the check, or else a failure names the
 * conditions that are not true.
 */
export interface Judged {
  readonly status: Verdict
  readonly because: string | null
}

/** A check that was parsed, type-checked against its kinds, and can judge. Pure: same rows, same verdicts. */
export interface CompiledCheck {
  readonly check: Check
  readonly kind: Kind
  readonly lookups: Readonly<Record<string, Kind>>
  /** Fields that the expressions look at, by kind. */
  readonly reads: Reads
  /**
   * Builds the index of one declared lookup from the bodies of its rows.
   * @param read reads one body, where several checks share what was read
   */
  index(name: string, bodies: Iterable<Body>, read?: ReadRow): LookupIndex
  /** @param indexes the index of each declared lookup */
  judge(body: Body, indexes: LookupIndexes, now: Date): Judged
  /**
   * For many checks of one kind: judges the subject that stands in the frame, which they share. The caller puts its row, of
   * all fields that they look at, and the period there once.
   * @returns told the body of the subject in the frame
   */
  sit(frame: Frame, indexes: LookupIndexes): (body: Body) => Judged
  explain(body: Body, indexes: LookupIndexes, now: Date): Judged & Explanation
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
  const reads = new Map<string, Set<string>>([kind, ...Object.values(lookups)].map(({ id }) => [id, new Set()]))
  const language = languageOf({ subject: kind, lookups, params: check.params }, (layout, field) =>
    reads.get(layout.name)?.add(field),
  )
  const where = check.where === undefined ? undefined : prepare(language, check.where, 'where')
  const assert = prepare(language, check.assert, 'assert')
  const readers = new Map([kind, ...Object.values(lookups)].map((of) => [of.id, rowReader(of, reads.get(of.id)!)]))
  const reader = (id: string): ReadRow => readers.get(id)! // made for each kind of the check
  const judgeAlone = asserter(assert, {
    fail: sayer(check, 'fail', kind, failed),
    inconclusive: sayer(check, 'inconclusive', kind, inconclusive),
  })
  const decide = decider(where, judgeAlone, joiner(check))
  const frameOf = (body: Body, now: Date): Frame => [reader(kind.id)(body), periodRow(now)]
  return {
    check,
    kind,
    lookups,
    reads,
    index: (name, bodies, read) => indexRows(check, name, bodies, read ?? reader(lookups[name]!.id)), // called with declared names only
    judge: (body, indexes, now) => decide(frameOf(body, now), body, indexes),
    sit: (frame, indexes) =>
      where === undefined && Object.keys(lookups).length === 0
        ? (body) => judgeAlone(frame, body)
        : (body) => decide(frame, body, indexes),
    explain(body, indexes, now) {
      const frame = frameOf(body, now)
      return { ...decide(frame, body, indexes), ...explanation({ where, assert, check, body, frame }) }
    },
  }
}

const PASS: Judged = { status: 'pass', because: null }
const OUT_OF_SCOPE: Judged = { status: 'not_applicable', because: null }
const inconclusive = (because: string): Judged => ({
  status: 'inconclusive',
  because: because.slice(0, BECAUSE_MOST),
})
const failed = (because: string): Judged => ({ status: 'fail', because: because.slice(0, BECAUSE_MOST) })

/** What a check says of a subject in its own sentences. */
type Says = Readonly<Partial<Record<'fail' | 'inconclusive', ((body: Body) => Judged) | undefined>>>

/** False is a failure; everything that is neither true nor false is inconclusive, never a pass. */
function asserter(assert: Prepared, says: Says): (frame: Frame, body: Body) => Judged {
  const fails = says.fail ?? failures(assert)
  // Most checks have no loop, and what is asked of each fact is asked without a detour.
  const { run } = assert.expression
  const ask =
    assert.cost === undefined ? (run as (frame: Frame) => boolean | Fault) : (frame: Frame) => evaluate(assert, frame)
  return (frame, body) => {
    const holds = ask(frame)
    if (holds === true) return PASS
    if (holds === false) return fails(body, frame)
    return (holds instanceof NoAnswer ? says.inconclusive?.(body) : undefined) ?? inconclusive(holds.because)
  }
}

function decider(where: Prepared | undefined, judgeAlone: (frame: Frame, body: Body) => Judged, join: Join) {
  return (frame: Frame, body: Body, indexes: LookupIndexes): Judged => {
    const fault = join(frame, body, indexes)
    if (fault !== undefined) return inconclusive(fault)
    if (where !== undefined) {
      const inScope = evaluate(where, frame)
      if (inScope === false) return OUT_OF_SCOPE
      if (inScope !== true) return inconclusive(`scope: ${inScope.because}`)
    }
    return judgeAlone(frame, body)
  }
}

/** A failure names the conditions that are not true; the same object whenever they are the same. */
function failures({ expression, parts }: Prepared): (body: Body, frame: Frame) => Judged {
  const untrue = (sources: readonly string[]): Judged => failed(`not true: ${sources.map(oneLine).join('; ')}`)
  const whole = untrue([expression.source])
  if (parts.length === 1) return () => whole
  const known = new Map<string, Judged>()
  return (_body, frame) => {
    const broken = parts.filter((part) => part.run(frame) === false)
    const key = broken.map((part) => parts.indexOf(part)).join()
    const judged = known.get(key) ?? untrue(broken.map((part) => part.source))
    known.set(key, judged)
    return judged
  }
}

/** The moment at which examples are judged unless they name another. */
export const EXAMPLE_NOW = '2026-06-01T12:00:00Z'

/** Judges an example as the engine would judge facts. */
export function judgeExample(compiled: CompiledCheck, example: CheckExample): Judged {
  const indexes = Object.fromEntries(
    Object.keys(compiled.lookups).map((name) => [name, compiled.index(name, example.lookup?.[name] ?? [])]),
  )
  return compiled.judge(example.subject, indexes, new Date(example.now ?? EXAMPLE_NOW))
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
