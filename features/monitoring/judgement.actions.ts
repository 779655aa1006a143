// SPDX-License-Identifier: Apache-2.0
import { parseCheck, spanMs, type Check, type Verdict } from '../../catalog/check.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { compileCheck } from '../../catalog/verdict.ts'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { HOUR_MS, type Instant } from '../../lib/time.ts'
import { BATCH, openSession, type Session } from './evaluator.ts'
import { factPages, factTexts, joinedStreams, type FactText, type Stream } from './judging.store.ts'
import { joinedKinds, judgeJoined, type Joined } from './monitoring.ts'
import { statusOf } from './questions.ts'
import type { CheckVersion } from './versions.store.ts'

/** A text with what it says; `fault` when it no longer fits its kind. */
export interface Questioner {
  readonly text: string
  readonly check: Check
  readonly fault: string | undefined
}
/** A version of a check that judges. */
export interface Judge extends Questioner {
  readonly version: CheckVersion
}

const read = new Map<string, Questioner>()

/** Reads and type-checks the text of a version; remembered by its hash. */
export function judgeOf(version: CheckVersion): Judge {
  let known = read.get(version.sha256)
  if (!known) {
    const check = parseCheck(version.document)
    known = { text: version.document, check, fault: faultOf(check) }
    if (read.size >= 2000) read.clear()
    read.set(version.sha256, known)
  }
  return { ...known, version }
}

function faultOf(check: Check): string | undefined {
  try {
    compileCheck(check, kindOf)
    return undefined
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return `the text of the check no longer fits its kind: ${error.message}`
  }
}

/** Kinds that are joined besides the subjects' own: their freshness is a question of its own. */
const foreignKinds = (check: Check): string[] => joinedKinds(check).filter((kind) => kind !== check.for)

/** The verdicts of some checks on one population at one moment, in columns. */
export interface Judgement {
  readonly subjects: number[]
  readonly keys: string[]
  /** Of events; empty for states. */
  readonly happened: Instant[]
  readonly known: Instant[]
  /** By check, in the order given. */
  readonly verdicts: readonly { readonly statuses: Verdict[]; readonly because: (string | null)[] }[]
  readonly joined: readonly Joined[]
  /** Whether all streams of the subjects' own kind are fresh; asked when they were judged together. */
  readonly own: readonly Joined[]
  /** How many streams have subjects of the kind. */
  readonly streams: number
}

/**
 * Judges all facts of a kind that stood at a moment, as they are known now, with checks of that kind. Facts are read a
 * page at a time and evaluated in a thread; a check whose joined facts cannot be believed is inconclusive throughout.
 */
export async function judgePopulation(
  tx: Tx,
  judges: readonly Questioner[],
  of: { readonly kind: string; readonly stream: Stream | undefined; readonly at: Instant },
  limits: { readonly deadline_ms?: number; readonly rows?: number } = {},
): Promise<Judgement> {
  const kinds = [...new Set(judges.flatMap(({ check }) => joinedKinds(check)))]
  const streams = await joinedStreams(tx, [...kinds, of.kind], of.at)
  const joined = judges.map(({ check }) =>
    judgeJoined(foreignKinds(check), streams, of.at, (kind) => kindOf(kind).fresh_hours * HOUR_MS),
  )
  const own = judges.map(({ check }) =>
    of.stream === undefined
      ? judgeJoined([of.kind], streams, of.at, () => spanMs(check.fresh))
      : { fault: undefined, fresh_until: undefined },
  )
  const faults = judges.map(({ fault }, i) => fault ?? joined[i]!.fault) // one entry a judge
  const asked = judges.flatMap((judge, i) => (faults[i] === undefined ? [{ judge, i }] : []))
  const needed = [...new Set(asked.flatMap(({ judge }) => joinedKinds(judge.check)))]
  const rows: Record<string, readonly string[]> = {}
  for (const kind of needed) rows[kind] = await factTexts(tx, kind, of.at)
  const made: Judgement = {
    subjects: [],
    keys: [],
    happened: [],
    known: [],
    verdicts: judges.map(() => ({ statuses: [], because: [] })),
    joined,
    own,
    streams: streams.filter((stream) => stream.kind === of.kind).length,
  }
  const session =
    asked.length > 0
      ? await openSession({ ...limits, texts: asked.map(({ judge }) => judge.text), now: of.at, rows })
      : undefined
  try {
    const times = kindOf(of.kind).reading.type === 'event'
    // While the thread judges one page, the database reads the next.
    let judging: Promise<void> = Promise.resolve()
    for await (const page of factPages(tx, { ...of, times }, BATCH)) {
      await judging
      judging = judgePage(made, page, asked, session)
      judging.catch(() => undefined) // heard at the next await, even when the database fails before
      addFaults(made, page.length, faults)
      if (limits.rows !== undefined && made.subjects.length >= limits.rows) break
    }
    await judging
  } finally {
    session?.close()
  }
  return made
}

async function judgePage(
  made: Judgement,
  page: readonly FactText[],
  asked: readonly { readonly i: number }[],
  session: Session | undefined,
): Promise<void> {
  for (const fact of page) {
    made.subjects.push(fact.subject_id)
    made.keys.push(fact.key)
    if (fact.valid_from !== null) made.happened.push(fact.valid_from)
    if (fact.recorded_at !== null) made.known.push(fact.recorded_at)
  }
  const answers = (await session?.judge(page.map((fact) => fact.body))) ?? []
  for (const [n, { i }] of asked.entries()) {
    const { codes, because, reasons } = answers[n]! // one answer a check asked
    const verdicts = made.verdicts[i]! // one entry a check
    for (const code of codes) verdicts.statuses.push(statusOf(code))
    for (const reason of because) verdicts.because.push(reasons[reason - 1] ?? null)
  }
}

/** Checks that could not ask say so for every subject. */
function addFaults(made: Judgement, rows: number, faults: readonly (string | undefined)[]): void {
  for (const [i, fault] of faults.entries()) {
    if (fault === undefined) continue
    const { statuses, because } = made.verdicts[i]! // one entry a check
    for (let row = 0; row < rows; row++) {
      statuses.push('inconclusive')
      because.push(fault)
    }
  }
}
