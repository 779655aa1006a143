// SPDX-License-Identifier: Apache-2.0
import { celEnv, parse, plan, type CelInput } from '@bufbuild/cel'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { languageOf, periodRow, SUBJECT } from '../catalog/cel.ts'
import { kindOf } from '../catalog/kinds/registry.ts'
import { allReads, rowReader, type Body } from '../catalog/rows.ts'
import { compileCheck } from '../catalog/verdict.ts'
import type { Frame } from '../lib/cel/value.ts'
import { referenceOf, referenceRow, referenceVariables } from '../test/cel-reference.ts'
import { changeOf, checkOf, NOW, QUESTIONS } from './questions.ts'
import type { Stage } from './stage.ts'

/*
 * The language alone, in one thread: 300 questions over facts that lie in memory as lines of JSON, against reading and
 * parsing the same lines; and each engine on what it is best at, all giving the same answers. CPU time is what is
 * measured, so that a busy machine changes little.
 */

export type Say = (what: string, took: number, ratio: string) => void
export type Expect = (is: boolean, what: string) => void

const kind = kindOf('code-change')
const now = new Date(NOW)
/** Seconds of processor time that a piece of work takes in this thread. */
function cost(work: () => void): number {
  const started = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(started)
  return (user + system) / 1e6
}
const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN

function* lines(bytes: Buffer): Generator<string> {
  for (let from = 0; ;) {
    const at = bytes.indexOf(10, from)
    if (at < 0) return
    yield bytes.toString('utf8', from, at)
    from = at + 1
  }
}
const linesOf = (facts: number, round: number): Buffer =>
  Buffer.from(Array.from({ length: facts }, (_, i) => JSON.stringify(changeOf(i, round)) + '\n').join(''))

/** One bit for each question, one row for each fact. */
const WORDS = Math.ceil(QUESTIONS.length / 32)

const compiled = QUESTIONS.map((question, i) => compileCheck(checkOf(question, i), kindOf))
const frame: Frame = [null, periodRow(now)]
const judges = compiled.map((check) => check.sit(frame, {}))
const read = rowReader(kind, allReads(compiled.map(({ reads }) => reads)).get(kind.id) ?? new Set())

/** Reads, parses, asks everything and sets a bit for what passes. Gives how many passed. */
function judge(bytes: Buffer, bits: Uint32Array): number {
  let [fact, passed] = [0, 0]
  for (const line of lines(bytes)) {
    const body = JSON.parse(line) as Body
    frame[SUBJECT] = read(body)
    for (let i = 0; i < judges.length; i++) {
      if (judges[i]!(body).status !== 'pass') continue // below its length
      passed++
      bits[fact * WORDS + (i >> 5)]! |= 1 << (i & 31) // a word for 32 questions
    }
    fact++
  }
  return passed
}

/** The pairs that differ between two runs. */
function differences(a: Uint32Array, b: Uint32Array): number {
  let found = 0
  for (let i = 0; i < a.length; i++) for (let x = a[i]! ^ b[i]!; x !== 0; x &= x - 1) found++ // of one length
  return found
}

/** W2.a: everything of a run against reading alone. */
export function wholeRun(facts: number, say: Say, expect: Expect): void {
  const [first, second] = [linesOf(facts, 0), linesOf(facts, 1)]
  const before = new Uint32Array(facts * WORDS)
  judge(first, before)
  const limits: number[] = []
  const runs: number[] = []
  let [changed, diff] = [0, 0]
  for (let round = 0; round < 3; round++) {
    limits.push(
      cost(() => {
        for (const line of lines(second)) JSON.parse(line)
      }),
    )
    const after = new Uint32Array(facts * WORDS)
    runs.push(
      cost(() => {
        judge(second, after)
        diff = cost(() => (changed = differences(before, after)))
      }),
    )
  }
  const [limit, run] = [median(limits), median(runs)]
  say(`read and parse ${facts} facts`, limit, '1.00 x')
  say(
    `and ask ${QUESTIONS.length} questions of each, and compare`,
    run,
    `${(run / limit).toFixed(2)} x (goal 1.8 x; closures in the study 2.9 x)`,
  )
  say(
    `of which the comparison: ${changed} of ${facts * QUESTIONS.length} differ`,
    diff,
    `${((100 * diff) / run).toFixed(1)} % (goal 2 %)`,
  )
  expect(changed > 0 && changed < facts * QUESTIONS.length * 0.02, 'one fact in a hundred changed some answers')
}

/** W2.b, W2.c: evaluation only, on facts that each engine has already read. */
export async function engines(stage: Stage, facts: number, say: Say, expect: Expect): Promise<void> {
  const bodies = Array.from({ length: facts }, (_, i) => changeOf(i))
  const rows = bodies.map(read)
  const language = languageOf({ subject: kind, lookups: {}, params: {} }, () => undefined)
  const library = QUESTIONS.map(({ cel }) => referenceOf(language, cel))
  const variables = bodies.map((body) =>
    referenceVariables(language, { subject: referenceRow(kind, body), lookups: {}, params: {}, now }),
  )
  const environment = celEnv()
  const second = QUESTIONS.map(({ cel }) => plan(environment, parse(cel)))
  const period = { now: timestampFromDate(now) } as unknown as CelInput
  const inputs = bodies.map((body) => ({ subject: asInput(body), period }))
  const all = {
    ours: () => {
      let n = 0
      for (const row of rows) {
        frame[SUBJECT] = row
        for (const judge of judges) if (judge(row.body).status === 'pass') n++
      }
      return n
    },
    byHand: () => count(bodies, QUESTIONS, (of, body) => of.byHand(body)),
    library: () => count(variables, library, (of, of_fact) => of(of_fact) === true),
    second: () => count(inputs, second, (of, input) => of(input) === true),
  }
  const took = { ours: 0, byHand: 0, library: 0, second: 0 }
  const passed = new Set<number>()
  for (const [name, run] of Object.entries(all) as [keyof typeof all, () => number][]) {
    run()
    took[name] = cost(() => void passed.add(run()))
  }
  const sqlSeconds = await bySql(stage, bodies, (n) => passed.add(n))
  const rate = (seconds: number): string => `${((facts * QUESTIONS.length) / seconds / 1e6).toFixed(2)} M evaluations/s`
  const times = (seconds: number): string => `${(seconds / took.ours).toFixed(1)} x ours`
  say('closures of the compiler', took.ours, rate(took.ours))
  say('closures written by hand', took.byHand, `${(took.byHand / took.ours).toFixed(2)} of theirs (goal 0.5)`)
  say('@marcbachmann/cel-js', took.library, `${times(took.library)} (goal 8 x)`)
  say('@bufbuild/cel', took.second, times(took.second))
  say('one SQL query over jsonb a question', sqlSeconds, `${times(sqlSeconds)} (goal 15 x)`)
  expect(passed.size === 1, `all engines give the same number of passes, not ${[...passed].join(', ')}`)
  expect(took.library > 2 * took.ours && took.second > 8 * took.ours, 'no library comes near')
}

const count = <F, Q>(
  facts: readonly F[],
  questions: readonly Q[],
  holds: (question: Q, fact: F) => boolean,
): number => {
  let n = 0
  for (const fact of facts) for (const question of questions) if (holds(question, fact)) n++
  return n
}

const asInput = (body: Body): CelInput =>
  Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? BigInt(value)
        : name.endsWith('_at')
          ? timestampFromDate(new Date(String(value)))
          : value,
    ]),
  ) as CelInput

/** The shape of tools that ask a database one question at a time; seconds, the questions alone. */
async function bySql(stage: Stage, bodies: readonly Body[], passed: (n: number) => void): Promise<number> {
  const client = await stage.owner.connect()
  try {
    await client.query('create temporary table asked (body jsonb)')
    await client.query('insert into asked select jsonb_array_elements($1::jsonb)', [JSON.stringify(bodies)])
    await client.query('analyze asked')
    const started = performance.now()
    let n = 0
    for (const { sql } of QUESTIONS)
      n += (await client.query(`select count(*)::int as n from asked where ${sql}`)).rows[0].n
    passed(n)
    return (performance.now() - started) / 1000
  } finally {
    client.release()
  }
}
