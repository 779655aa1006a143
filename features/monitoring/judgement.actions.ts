// SPDX-License-Identifier: Apache-2.0
import { parseCheck, spanMs, type Check, type Verdict } from '../../catalog/check.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { compileCheck } from '../../catalog/verdict.ts'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { HOUR_MS, type Instant } from '../../lib/time.ts'
import { BATCH, openSession } from './evaluator.ts'
import { factPages, factTexts, joinedStreams, type Stream } from './judging.store.ts'
import { judgeJoined, type Joined } from './monitoring.ts'
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

export const joinedKinds = (check: Check): string[] => [...new Set(Object.values(check.lookup).map(({ from }) => from))]
/** Kinds that are joined besides the subjects' own: their freshness is a question of its own. */
const foreignKinds = (check: Check): string[] => joinedKinds(check).filter((kind) => kind !== check.for)

/** The verdicts of some checks on one population at one moment, in columns. */
export interface Judgement {
  readonly subjects: number[]
  readonly keys: string[]
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
  const made = {
    subjects: [] as number[],
    keys: [] as string[],
    happened: [] as Instant[],
    known: [] as Instant[],
    verdicts: judges.map(() => ({ statuses: [] as Verdict[], because: [] as (string | null)[] })),
    joined,
    own,
    streams: streams.filter((stream) => stream.kind === of.kind).length,
  }
  const session =
    asked.length > 0
      ? await openSession({
          texts: asked.map(({ judge }) => judge.text),
          now: of.at,
          rows,
          ...(limits.deadline_ms === undefined ? {} : { deadline_ms: limits.deadline_ms }),
        })
      : undefined
  try {
    for await (const page of factPages(tx, of, BATCH)) {
      const answers = (await session?.judge(page.map((fact) => fact.body))) ?? []
      for (const fact of page) {
        made.subjects.push(fact.subject_id)
        made.keys.push(fact.key)
        made.happened.push(fact.valid_from)
        made.known.push(fact.recorded_at)
      }
      for (const [n, { i }] of asked.entries()) {
        const { codes, because } = answers[n]! // one answer a check asked
        for (const [row, code] of codes.entries()) {
          made.verdicts[i]!.statuses.push(statusOf(code))
          made.verdicts[i]!.because.push(because[row] ?? null)
        }
      }
      for (const [i, fault] of faults.entries())
        if (fault !== undefined)
          for (const _ of page) {
            made.verdicts[i]!.statuses.push('inconclusive')
            made.verdicts[i]!.because.push(fault)
          }
      if (limits.rows !== undefined && made.subjects.length >= limits.rows) break
    }
  } finally {
    session?.close()
  }
  return made
}
