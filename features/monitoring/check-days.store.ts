// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { question, together } from '../../lib/together.ts'
import {
  addDays,
  daysBetween,
  daysOf,
  endOfDay,
  instant,
  startOfDay,
  type Instant,
  type LocalDate,
} from '../../lib/time.ts'
import {
  checkDays,
  controlDaysOf,
  type Calendar,
  type CheckDays,
  type ControlDays,
  type Covered,
  type DayFacts,
  type Trouble,
  type VersionSpan,
} from './check-days.ts'

/** Which days, for whom, and on which clocks. */
export interface DayQuestion {
  /** Only controls of this list; all when absent. */
  readonly controls?: readonly string[] | undefined
  /** Only checks of this list; all when absent. */
  readonly checks?: readonly string[] | undefined
  readonly from: LocalDate
  readonly to: LocalDate
  readonly timeZone: string
  readonly asOf: Instant
  readonly knownAt: Instant
}

export interface Days {
  readonly days: readonly LocalDate[]
  readonly checks: readonly CheckDays[]
  readonly controls: readonly ControlDays[]
}

/**
 * The day strips of checks and controls (letters: `check-days.ts`), one letter a day from `from` to `to`. Reads the
 * versions, the covered times merged by the database, and the subjects in trouble as counted changes: never a row for
 * each day, and all in one statement, for one control as for 134 over a year. Controls that no direct or partial check speaks for,
 * or whose checks never looked, are not in it.
 */
export async function controlDays(tx: Tx, asked: DayQuestion): Promise<Days> {
  const calendar = calendarOf(asked)
  const { versions, covered, trouble, excepted } = await together(tx, {
    versions: question(['from', 'to'], (t) => loadVersions(t, asked)),
    covered: question(['from', 'to'], (t) => loadCovered(t, calendar, asked)),
    trouble: question([], (t) => loadTrouble(t, calendar, asked)),
    excepted: question(['starts', 'ends'], (t) => loadExcepted(t, calendar, asked)),
  })
  const facts: DayFacts = {
    calendar,
    versions,
    covered: covered.rows,
    trouble: [...trouble, ...excepted],
    ended: covered.ended,
  }
  const checks = checkDays(facts)
  const wanted = asked.controls && new Set(asked.controls)
  const controls = controlDaysOf(facts, checks).filter(
    ({ control_id }) => wanted === undefined || wanted.has(control_id),
  )
  return { days: calendar.days, checks, controls }
}

function calendarOf({ from, to, timeZone, asOf }: DayQuestion): Calendar {
  const days = daysOf(from, to)
  const starts = days.map((day) => startOfDay(day, timeZone))
  const all = [...starts.slice(1), ...(days.length > 0 ? [endOfDay(to, timeZone)] : [])]
  // What began at the very moment asked for counts.
  const now = instant(Date.parse(asOf) + 1)
  const ends = all.flatMap((end, day) => (starts[day]! <= asOf ? [end < now ? end : now] : [])) // an entry a day
  return { days, starts, ends }
}

/** Versions of the checks that are asked about, for an alias `v`. */
const asksAbout = (tx: Tx, { controls, checks, knownAt }: DayQuestion): ReturnType<typeof sql> => sql`
  v.org_id = ${tx.org} and (v.version = 1 or v.effective_from <= ${knownAt})
    and (${checks ? [...checks] : null}::text[] is null or v.check_id = any(${checks ? [...checks] : null}::text[]))
    and (${controls ? [...controls] : null}::text[] is null or v.check_id in (
      select o.check_id from check_version o
      join check_control m on m.org_id = o.org_id and m.check_version_id = o.id
      where o.org_id = ${tx.org} and m.control_id = any(${controls ? [...controls] : null}::text[])))`

async function loadVersions(tx: Tx, asked: DayQuestion): Promise<VersionSpan[]> {
  const { knownAt } = asked
  return await tx.rows<VersionSpan>(sql`
    select v.id, v.check_id, v.title, case when v.version > 1 then v.effective_from end as "from",
      case when v.effective_to <= ${knownAt} then v.effective_to end as "to",
      coalesce(json_agg(json_build_object('control_id', c.control_id, 'strength', c.strength) order by c.control_id)
        filter (where c.control_id is not null), '[]') as controls
    from check_version v
    left join check_control c on c.org_id = v.org_id and c.check_version_id = v.id
    where ${asksAbout(tx, asked)}
    group by v.org_id, v.id order by v.check_id, v.version`)
}

const streamName = (source: ReturnType<typeof sql>, stream: ReturnType<typeof sql>): ReturnType<typeof sql> =>
  sql`coalesce(${source}::text || ' ' || ${stream}, '')`

async function loadCovered(
  tx: Tx,
  calendar: Calendar,
  asked: DayQuestion,
): Promise<{ rows: Covered[]; ended: ReadonlySet<string> }> {
  const { asOf, knownAt } = asked
  const rows = await tx.rows<Covered & { ended: boolean }>(sql`
    with run as (
      select r.check_version_id as version, ${streamName(sql`r.source_id`, sql`r.stream`)} as stream, r.state, r.at,
        r.covers_from, r.fresh_until, coalesce(not n.enabled, false) as ended
      from check_run r
      left join source s on s.org_id = r.org_id and s.id = r.source_id
      left join connection n on s.kind = 'connection' and n.org_id = s.org_id and n.id = s.ref
      where r.org_id = ${tx.org} and r.check_version_id in (select v.id from check_version v where ${asksAbout(tx, asked)})
        and r.state <> 'inconclusive'
        and r.covers_from <= ${asOf} and r.recorded_at <= ${knownAt}
        and not exists (
          select from collection x where x.org_id = r.org_id and x.supersedes = r.collection_id and x.recorded_at <= ${knownAt})
    ), merged as (
      select version, stream, bool_or(ended) as ended, true as complete, range_agg(tstzrange(covers_from, fresh_until)) as times
      from run where state = 'judged' and fresh_until > covers_from group by version, stream
      union all
      select version, stream, bool_or(ended), false, range_agg(tstzrange(at, at, '[]'))
      from run where state = 'partial' group by version, stream
    )
    select version, stream, ended, complete, lower(time) as "from", upper(time) as "to"
    from merged, unnest(times) as time
    where lower(time) < ${calendar.ends.at(-1) ?? asOf}`)
  return { rows, ended: new Set(rows.filter((row) => row.ended).map((row) => row.stream)) }
}

/** Outcomes in trouble as known at `knownAt`, within the time their version judged; ends are null while they last. */
const troubled = (tx: Tx, calendar: Calendar, asked: DayQuestion): ReturnType<typeof sql> => {
  const { asOf, knownAt } = asked
  return sql`
  select o.check_version_id as version, v.check_id, ${streamName(sql`u.source_id`, sql`u.stream`)} as stream, o.subject_id,
    o.status, o.event,
    greatest(o.valid_from, case when v.version > 1 then v.effective_from end) as starts,
    least(case when o.closed_at <= ${knownAt} then o.valid_to end, case when v.effective_to <= ${knownAt} then v.effective_to end) as ends
  from outcome o
  join check_version v on v.org_id = o.org_id and v.id = o.check_version_id
  join subject u on u.org_id = o.org_id and u.id = o.subject_id
  where ${asksAbout(tx, asked)} and o.org_id = ${tx.org} and o.status in ('fail', 'inconclusive')
    and o.recorded_at <= ${knownAt} and (o.superseded_at is null or o.superseded_at > ${knownAt})
    and o.valid_from < ${calendar.ends.at(-1) ?? asOf}
    and (o.valid_to is null or o.valid_to > ${calendar.starts[0] ?? asOf} or o.closed_at > ${knownAt})
    and not (o.event and (o.valid_from < coalesce(case when v.version > 1 then v.effective_from end, '-infinity')
      or o.valid_from >= coalesce(v.effective_to, 'infinity')))`
}

/** Exceptions in force at some time, as known at `knownAt`; a withdrawal ends one. */
const exceptions = (tx: Tx, { knownAt }: DayQuestion): ReturnType<typeof sql> => sql`
  select check_id, subject_id, valid_from,
    case when withdrawn_at <= ${knownAt} then least(valid_to, withdrawn_at) else valid_to end as valid_to
  from exception where org_id = ${tx.org} and recorded_at <= ${knownAt}
    and (withdrawn_at is null or withdrawn_at > ${knownAt} or withdrawn_at > valid_from)`

const overlaps = sql`e.check_id = t.check_id and (e.subject_id is null or e.subject_id = t.subject_id) and t.status = 'fail'
  and e.valid_from < coalesce(t.ends, 'infinity') and e.valid_to > t.starts`

interface CountedDays {
  readonly version: number
  readonly stream: string
  readonly status: 'fail' | 'inconclusive'
  readonly event: boolean
  readonly first_day: LocalDate
  readonly last_day: LocalDate
  readonly subjects: number
}

async function loadTrouble(tx: Tx, calendar: Calendar, asked: DayQuestion): Promise<Trouble[]> {
  const zone = asked.timeZone
  const last = lastDay(calendar)
  const rows = await tx.rows<CountedDays>(sql`
    with t as (${troubled(tx, calendar, asked)}), e as materialized (${exceptions(tx, asked)})
    select version, stream, status, event, greatest((starts at time zone ${zone})::date, ${asked.from}::date) as first_day,
      case when event then (starts at time zone ${zone})::date
        else least(coalesce(((ends - interval '1 microsecond') at time zone ${zone})::date, ${last}::date), ${last}::date) end as last_day,
      count(*) as subjects
    from t where (ends is null or ends > starts) and not exists (select from e where ${overlaps})
    group by 1, 2, 3, 4, 5, 6`)
  return rows.flatMap((row) => {
    const [first, until] = [daysBetween(asked.from, row.first_day), daysBetween(asked.from, row.last_day)]
    return until < first ? [] : [{ ...row, first, last: until }]
  })
}

const lastDay = ({ days, ends }: Calendar): LocalDate => days[Math.max(0, ends.length - 1)] ?? addDays('1970-01-01', 0)

interface ExceptedRow {
  readonly version: number
  readonly stream: string
  readonly event: boolean
  readonly starts: Instant
  readonly ends: Instant | null
  readonly times: { readonly from: Instant; readonly to: Instant }[]
}

/** Failures that an exception touches: few, so each of their days is looked at by itself. */
async function loadExcepted(tx: Tx, calendar: Calendar, asked: DayQuestion): Promise<Trouble[]> {
  const rows = await tx.rows<ExceptedRow>(sql`
    with t as (${troubled(tx, calendar, asked)}), e as materialized (${exceptions(tx, asked)})
    select t.version, t.stream, t.event, t.starts, t.ends,
      (select json_agg(json_build_object('from', lower(time), 'to', upper(time)))
        from (select unnest(range_agg(tstzrange(e.valid_from, e.valid_to))) as time from e where ${overlaps}) x) as times
    from t where exists (select from e) and (ends is null or ends > starts) and exists (select from e where ${overlaps})`)
  return rows.flatMap((row) => {
    const times = row.times.map(({ from, to }) => ({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    }))
    return calendar.ends.flatMap((end, day): Trouble[] => {
      const start = calendar.starts[day]! // an entry a day
      if (
        row.event
          ? row.starts < start || row.starts >= end
          : row.starts >= end || (row.ends !== null && row.ends <= start)
      )
        return []
      const from = row.starts > start ? row.starts : start
      const to = row.event ? from : row.ends !== null && row.ends < end ? row.ends : end
      const whole = times.some((time) => time.from <= from && to <= time.to)
      const status = whole ? 'excepted' : 'fail'
      return [
        { version: row.version, stream: row.stream, status, event: row.event, first: day, last: day, subjects: 1 },
      ]
    })
  })
}
