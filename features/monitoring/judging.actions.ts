// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '../../catalog/kinds/registry.ts'
import { publish } from '../../lib/events.ts'
import type { Tx } from '../../lib/db.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import type { Instant } from '../../lib/time.ts'
import { judgeOf, judgePopulation, type Judge, type Judgement } from './judgement.actions.ts'
import {
  judgedBy,
  lastJudged,
  lastRuns,
  laterMoments,
  loadReading,
  lockJudging,
  nextJudged,
  readingsOfRun,
  subjectsRead,
  unreachableSubjects,
  type LastRun,
  type Stream,
} from './judging.store.ts'
import {
  countsOf,
  emptiness,
  freshUntil,
  incomplete,
  joinedKinds,
  lastObserved,
  readTogether,
  unusable,
  type Reading,
} from './monitoring.ts'
import { mergeOutcomes, saveRuns, type OutcomeColumns, type RunDraft } from './outcomes.store.ts'
import { EMPTY_ROOT, rootOf } from './verdict-root.ts'
import { currentVersions, syncCatalogChecks } from './versions.store.ts'

/** Checks that judge the same population at the same moment: subjects of one kind, of one stream or of all. */
interface Group {
  readonly kind: string
  readonly stream: Stream | undefined
  readonly at: Instant
  /** Readings of the subjects' own kind that are judged now: those of the stream, or of all. */
  readonly own: readonly Reading[]
  readonly judges: readonly Judge[]
}

/**
 * Judges a reading with every check it touches: those whose subjects it brought, and those that join its kind. Idempotent:
 * a check that has judged the reading is left out. A late reading judges again what was judged after it. While the run of
 * a connection is under way, checks that join wait: its end asks again.
 */
export async function judgeCollection(tx: Tx, collection_id: string): Promise<void> {
  await lockJudging(tx)
  const reading = await loadReading(tx, collection_id)
  if (!reading) return
  const done = await judgedBy(tx, collection_id)
  const run = await readingsOfRun(tx, collection_id)
  const judges = (await currentVersions(tx))
    .filter((version) => !done.has(version.id))
    .map(judgeOf)
    .filter(({ check }) => !run.isUnderWay || joinedKinds(check).length === 0)
    .filter(({ check }) => check.for === reading.kind || joinedKinds(check).includes(reading.kind))
  const blind = judges.flatMap((judge) => {
    const because = unusable(reading, judge.check)
    return because === undefined ? [] : [{ judge, because }]
  })
  await saveRuns(
    tx,
    reading,
    reading.observed_at,
    blind.map(({ judge, because }) => blindRun(reading, judge, because)),
  )
  const seeing = judges.filter((judge) => !blind.some((b) => b.judge === judge))
  for (const group of groupsOf(reading, run.readings, seeing)) await judgeGroup(tx, reading, group)
  await publish(tx, 'checks', { collection: collection_id, checks: judges.length })
}

/** A run that could not look: it covers nothing and changes no outcome. */
const blindRun = (reading: Reading, { version, check }: Judge, because: string): RunDraft => ({
  version,
  stream: check.for === reading.kind ? streamOf(reading) : undefined,
  state: 'inconclusive',
  because,
  counts: countsOf([], reading.unreachable.length),
  covers_from: reading.observed_at,
  fresh_until: reading.observed_at,
  root: EMPTY_ROOT,
})

const streamOf = ({ source_id, stream }: Reading): Stream => ({ source_id, stream })

/** A check that joins the reading's kind judges all its subjects again; the others only those of the stream. */
function groupsOf(reading: Reading, run: readonly Reading[], judges: readonly Judge[]): Group[] {
  const groups = new Map<string, Group & { judges: Judge[] }>()
  for (const judge of judges) {
    const kind = judge.check.for
    const joins = joinedKinds(judge.check).includes(reading.kind)
    const together = readTogether(judge.check, reading, run)
    const own = (joins ? together : [reading]).filter((other) => other.kind === kind)
    const at = lastObserved(together)
    const key = `${kind} ${joins} ${at} ${own.map(({ id }) => id).join(' ')}`
    const stream = joins ? undefined : streamOf(reading)
    const group = groups.get(key) ?? { kind, stream, at, own, judges: [] }
    group.judges.push(judge)
    groups.set(key, group)
  }
  return [...groups.values()]
}

async function judgeGroup(tx: Tx, reading: Reading, group: Group): Promise<void> {
  const versions = group.judges.map(({ version }) => version.id)
  const isEvent = kindOf(group.kind).reading.type === 'event'
  const moments = isEvent ? [await latest(tx, versions, group.at)] : await momentsOf(tx, reading, group, versions)
  let runs: number[] | undefined
  for (const at of moments) {
    const judgement = await judgePopulation(tx, group.judges, { kind: group.kind, stream: group.stream, at })
    // The moment of the reading comes first: that is the run; later moments only correct what it changed.
    const drafts = (): RunDraft[] => group.judges.map((judge, i) => runOf(reading, group, judge, judgement, i))
    const recorded = (runs ??= await saveRuns(tx, reading, group.at, drafts()))
    const states = at === group.at && !isEvent
    const seen = states && reading.kind === group.kind ? await subjectsRead(tx, reading) : undefined
    const lost = states ? await unreachableSubjects(tx, group.own) : []
    const last = await lastRuns(tx, versions, group.stream, recorded)
    const next = isEvent ? new Map<number, Instant>() : await nextJudged(tx, versions, at, group.stream)
    const changed = versions.flatMap((version, i) => {
      if (saysTheSame(last.get(version), { group, at, judgement, i })) return []
      const columns = columnsOf(judgement, i, isEvent, seen, lost)
      return [{ version, run: recorded[i]!, columns, until: next.get(version) ?? null }] // one run a judge
    })
    for (const [until, found] of Map.groupBy(changed, (one) => one.until))
      await mergeOutcomes(tx, {
        found,
        until,
        kind: group.kind,
        stream: group.stream,
        at,
        absenceEnds: seen === undefined,
      })
  }
}

/**
 * Whether the run before found exactly the same of exactly the same subjects, so that nothing is to be written. The
 * roots tell; a partial run, a run over other subjects or two subjects with one key are looked at in full.
 */
function saysTheSame(
  last: LastRun | undefined,
  of: { group: Group; at: Instant; judgement: Judgement; i: number },
): boolean {
  const { group, judgement } = of
  const sameScope =
    last?.source_id === (group.stream?.source_id ?? null) && last.stream === (group.stream?.stream ?? null)
  if (!last || !sameScope || !last.newest || last.state !== 'judged' || last.at > of.at) return false
  return (
    last.root === rootOf(judgement, judgement.verdicts[of.i]!) && new Set(judgement.keys).size === judgement.keys.length
  )
}

/** Events are judged as known now: an event that is told late is no later for that. */
async function latest(tx: Tx, versions: readonly number[], at: Instant): Promise<Instant> {
  const last = await lastJudged(tx, versions)
  return last !== null && last > at ? last : at
}

/** The moment of the reading, and those after it at which its facts still counted. */
async function momentsOf(tx: Tx, reading: Reading, group: Group, versions: readonly number[]): Promise<Instant[]> {
  const mistaken = reading.supersedes === null ? undefined : await loadReading(tx, reading.supersedes)
  const outlives = group.stream === undefined || mistaken !== undefined
  const later = await laterMoments(tx, versions, group.at, outlives ? undefined : group.stream)
  const before =
    mistaken && mistaken.observed_at < reading.observed_at
      ? [mistaken.observed_at, ...(await laterMoments(tx, versions, mistaken.observed_at, undefined))]
      : []
  return [...new Set([group.at, ...before, ...later])]
}

function runOf(reading: Reading, group: Group, { version, check }: Judge, judgement: Judgement, i: number): RunDraft {
  const [verdicts, joined, all] = [judgement.verdicts[i]!, judgement.joined[i]!, judgement.own[i]!] // one entry a judge
  const counts = countsOf(
    verdicts.statuses,
    group.own.reduce((sum, { unreachable }) => sum + unreachable.length, 0),
  )
  const partial = incomplete(reading) ?? joined.fault ?? all.fault ?? emptiness(check, counts, reading)
  const fresh = [freshUntil(check, reading.observed_at, joined), ...(all.fresh_until ? [all.fresh_until] : [])]
  return {
    version,
    stream: group.stream,
    state: partial === undefined ? 'judged' : 'partial',
    because: partial ?? null,
    counts,
    covers_from: coversFrom(reading, group, judgement),
    fresh_until: partial === undefined ? fresh.toSorted()[0]! : group.at, // the list has its own freshness
    root: rootOf(judgement, judgement.verdicts[i]!),
  }
}

/** A reading of events covers the window it asked for; a reading of states covers only what comes after it. */
function coversFrom(reading: Reading, group: Group, judgement: Judgement): Instant {
  const events = kindOf(group.kind).reading.type === 'event' && reading.kind === group.kind
  const alone = group.stream !== undefined || judgement.streams === 1
  const from = events && alone ? reading.window_from : null
  return from !== null && from < group.at ? from : group.at
}

function columnsOf(
  judgement: Judgement,
  i: number,
  isEvent: boolean,
  seen: ReadonlySet<number> | undefined,
  lost: readonly { readonly subject_id: number; readonly because: string }[],
): OutcomeColumns {
  const verdicts = judgement.verdicts[i]! // one entry a judge
  const unreachable = new Map(lost.map((row) => [row.subject_id, row.because]))
  const kept = judgement.subjects.flatMap((subject, n) =>
    (seen === undefined || seen.has(subject)) && !unreachable.has(subject) ? [n] : [],
  )
  const pick = <T>(column: readonly T[]): T[] => kept.map((n) => column[n]!) // indexes of the same columns
  // Somebody we know of but could not read this time: whatever was found before is not known to be so now.
  const gone = isEvent ? [] : lost
  return {
    subjects: [...pick(judgement.subjects), ...gone.map((row) => row.subject_id)],
    statuses: [...pick(verdicts.statuses), ...gone.map(() => 'inconclusive' as const)],
    because: [...pick(verdicts.because), ...gone.map((row) => `could not be read: ${row.because}`)],
    happened: isEvent ? pick(judgement.happened) : undefined,
    known: isEvent ? pick(judgement.known) : undefined,
  }
}

/** `judge` {collection_id}: one transaction a reading. */
export const judgeJob =
  (services: Services): JobHandler =>
  async ({ org, input }) => {
    const id = input['collection_id']
    if (typeof id !== 'string') return
    await asSystem(services, org, async (tx) => {
      // Nothing is judged by yesterday's checks: what a new version of the product brings is there before its first job.
      await syncCatalogChecks(tx, services.jobs)
      await judgeCollection(tx, id)
      // What was found may open or close a gap; many readings at once ask only once.
      await services.jobs.enqueue(tx, 'gaps', {}, { key: 'gaps' })
    })
  }
