// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { stoodAt } from '../../lib/intervals.ts'
import { endOfDay, startOfDay, type Instant, type LocalDate } from '../../lib/time.ts'
import { isExcepted } from '../monitoring/exceptions.store.ts'
import type { SlotEvidence } from './slots.ts'
import type { Performance } from './strip.ts'

/** Reads for readiness, which go together in one statement however many controls and days. Nothing is written here. */

export interface Known {
  readonly asOf: Instant
  readonly knownAt: Instant
  readonly timeZone: string
}

export interface SaidRow extends Performance {
  readonly control_id: string
  /** Evidence only: the slot it answers. */
  readonly slot: string | null
  /** Evidence only: what was last decided; attestations have none. */
  readonly state: SlotEvidence['state'] | null
  readonly title: string
  readonly recorded_at: Instant
}

/** Whether an attestation rests on evidence that stands: none that was rejected for the control, withdrawn or corrected. */
const restsOnEvidence = (tx: Tx, known: Known) => sql`exists (
  select from collection c
  left join evidence_link l on l.org_id = c.org_id and l.collection_id = c.id and l.control_id = a.control_id
    and l.recorded_at <= ${known.knownAt}
  left join lateral (
    select state from evidence_decision d
    where d.org_id = l.org_id and d.link_id = l.id and d.recorded_at <= ${known.knownAt}
    order by n desc limit 1) d on true
  where c.org_id = ${tx.org} and c.id = any(a.collection_ids)
    and (d.state is null or d.state = 'accepted')
    and not exists (
      select from collection n
      where n.org_id = c.org_id and n.supersedes = c.id and n.recorded_at <= ${known.knownAt}))`

/**
 * Everything people said about controls: attestations that stand, and evidence put forward, whatever was decided. A
 * superseded item counts as withdrawn. Days are local; what began to speak about days after `asOf` is left out.
 */
export async function listSaid(tx: Tx, known: Known, control_id?: string): Promise<SaidRow[]> {
  const only = control_id ?? null
  return await tx.rows<SaidRow>(sql`
    select a.control_id, a.period_from as "from", a.period_to as "to", a.outcome, 'attestation' as by, a.id,
      ${restsOnEvidence(tx, known)} as corroborated, null as slot, null as state, a.statement as title, a.recorded_at
    from attestation a
    where a.org_id = ${tx.org} and a.recorded_at <= ${known.knownAt} and (${only}::text is null or a.control_id = ${only})
      and a.period_from <= (${known.asOf}::timestamptz at time zone ${known.timeZone})::date
      and not exists (
        select from attestation n where n.org_id = a.org_id and n.supersedes = a.id and n.recorded_at <= ${known.knownAt})
    union all
    select l.control_id, coalesce(l.period_from, l.period_to, (c.observed_at at time zone ${known.timeZone})::date),
      coalesce(l.period_to, l.period_from, (c.observed_at at time zone ${known.timeZone})::date), 'performed', 'evidence', l.id, true,
      l.slot,
      case when exists (select from collection n
        where n.org_id = c.org_id and n.supersedes = c.id and n.recorded_at <= ${known.knownAt})
        then 'withdrawn' else coalesce(d.state, 'submitted') end,
      s.name || ' · ' || c.stream, l.recorded_at
    from evidence_link l
    join collection c on c.org_id = l.org_id and c.id = l.collection_id
    join source s on s.org_id = c.org_id and s.id = c.source_id
    left join lateral (
      select state from evidence_decision d
      where d.org_id = l.org_id and d.link_id = l.id and d.recorded_at <= ${known.knownAt}
      order by n desc limit 1) d on true
    where l.org_id = ${tx.org} and l.recorded_at <= ${known.knownAt} and (${only}::text is null or l.control_id = ${only})
      and coalesce(l.period_from, l.period_to, (c.observed_at at time zone ${known.timeZone})::date)
        <= (${known.asOf}::timestamptz at time zone ${known.timeZone})::date
    order by 1, 3, 6`)
}

export interface ItemsRow {
  readonly control_id: string
  /** The local day on which they happened; null for what is no event but stands. */
  readonly day: LocalDate | null
  readonly pass: number
  readonly fail: number
  readonly inconclusive: number
}

/**
 * What direct and partial checks made of the items of controls that events trigger, from the first to the last day: the
 * worst verdict of an item counts; approved exceptions and what does not apply are left out. By day, because a control
 * answers for none of before it was in effect.
 */
export async function countItems(
  tx: Tx,
  only: string | undefined,
  span: { readonly from: LocalDate; readonly to: LocalDate },
  known: Known,
): Promise<ItemsRow[]> {
  const from = startOfDay(span.from, known.timeZone)
  const end = endOfDay(span.to, known.timeZone)
  const until = end < known.asOf ? end : known.asOf
  return await tx.rows<ItemsRow>(sql`
    select control_id, day, count(*) filter (where not fails and not unclear) as pass, count(*) filter (where fails) as fail,
      count(*) filter (where unclear and not fails) as inconclusive
    from (
      select m.control_id, t.subject_id, bool_or(t.status = 'fail') as fails, bool_or(t.status = 'inconclusive') as unclear,
        max((t.valid_from at time zone ${known.timeZone})::date) filter (where t.event) as day
      from check_control m
      join check_version v on v.org_id = m.org_id and v.id = m.check_version_id
      join outcome t on t.org_id = v.org_id and t.check_version_id = v.id
      where m.org_id = ${tx.org} and m.strength <> 'supporting' and m.control_id in (
          select control_id from control_version
          where org_id = ${tx.org} and frequency = 'event_driven' and recorded_at <= ${known.knownAt}
            and (${only ?? null}::text is null or control_id = ${only ?? null}))
        and t.status in ('pass', 'fail', 'inconclusive') and ${stoodAt('t', until, known.knownAt)}
        and not (t.status = 'fail' and ${isExcepted(sql`v.check_id`, { asOf: until, knownAt: known.knownAt })})
        and case when t.event
          -- What happened once belongs to the day it happened, and to the text that judged then.
          then t.valid_from >= ${from} and (v.version = 1 or t.valid_from >= v.effective_from)
            and (v.effective_to is null or t.valid_from < v.effective_to)
          else v.effective_from <= ${until} and (v.effective_to is null or v.effective_to > ${until}) end
      group by m.control_id, t.subject_id) items
    group by control_id, day`)
}

export interface OpenTask {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly state: string
  readonly severity: 'critical' | 'high' | 'medium' | 'low'
  readonly control_id: string | null
  readonly criterion_id: string | null
  readonly policy_id: string | null
  readonly due_on: LocalDate
  readonly compensating_control: string | null
}

/** Work that is not finished, with what makes up for it meanwhile; soonest first. */
export async function listOpenTasks(tx: Tx, knownAt: Instant): Promise<OpenTask[]> {
  return await tx.rows<OpenTask>(sql`
    select t.id, t.type, t.title, e.state, e.severity, t.control_id, t.criterion_id, t.policy_id,
      e.due_on, e.compensating_control
    from task t
    join lateral (
      select state, severity, due_on, compensating_control from task_event e
      where e.org_id = t.org_id and e.task_id = t.id and e.recorded_at <= ${knownAt}
      order by e.n desc limit 1) e on true
    where t.org_id = ${tx.org} and t.recorded_at <= ${knownAt} and e.state not in ('verified', 'closed')
    order by e.due_on, t.id limit 2000`)
}

export interface StreamAge {
  readonly connection_id: string
  readonly name: string
  readonly stream: string
  readonly kind: string
  /** The newest complete reading; null when there never was one. */
  readonly observed_at: Instant | null
  readonly because: string | null
}

/** For each stream of each connection that is switched on: when it was last read completely, and why not since. */
export async function listStreamAges(tx: Tx, known: Pick<Known, 'asOf' | 'knownAt'>): Promise<StreamAge[]> {
  return await tx.rows<StreamAge>(sql`
    select n.id as connection_id, n.name, c.stream, c.kind,
      max(c.observed_at) filter (where c.outcome = 'complete') as observed_at,
      (array_agg(c.why order by c.observed_at desc))[1] as because
    from connection n
    join source s on s.org_id = n.org_id and s.kind = 'connection' and s.ref = n.id
    join collection c on c.org_id = s.org_id and c.source_id = s.id
    where n.org_id = ${tx.org} and n.enabled and c.observed_at <= ${known.asOf} and c.recorded_at <= ${known.knownAt}
    group by n.id, n.name, c.stream, c.kind
    order by n.name, c.stream limit 2000`)
}

export interface TroubledSubject {
  readonly check_id: string
  readonly title: string
  readonly subject_id: number
  readonly label: string
  readonly status: 'fail' | 'inconclusive' | 'excepted'
  readonly because: string | null
  readonly since: Instant
  readonly until: Instant | null
}

/** Subjects that made a control's day what it was: failing or inconclusive at some moment of it. */
export async function listTroubled(
  tx: Tx,
  control_id: string,
  day: LocalDate,
  known: Known,
): Promise<TroubledSubject[]> {
  const start = startOfDay(day, known.timeZone)
  const over = endOfDay(day, known.timeZone)
  const end = over < known.asOf ? over : known.asOf
  return await tx.rows<TroubledSubject>(sql`
    select distinct on (status, v.check_id, t.subject_id) v.check_id, v.title, t.subject_id, u.label,
      case when t.status = 'fail' and ${isExcepted(sql`v.check_id`, { asOf: end, knownAt: known.knownAt })}
        then 'excepted' else t.status end as status,
      t.because, t.valid_from as since, t.valid_to as until
    from check_control m
    join check_version v on v.org_id = m.org_id and v.id = m.check_version_id
    join outcome t on t.org_id = v.org_id and t.check_version_id = v.id
    join subject u on u.org_id = t.org_id and u.id = t.subject_id
    where m.org_id = ${tx.org} and m.control_id = ${control_id} and m.strength <> 'supporting'
      and t.status in ('fail', 'inconclusive') and t.recorded_at <= ${known.knownAt}
      and (t.superseded_at is null or t.superseded_at > ${known.knownAt})
      and t.valid_from < ${over} and (t.valid_to is null or t.valid_to > ${start})
      and (not t.event or t.valid_from >= ${start})
    order by status, v.check_id, t.subject_id, t.valid_from desc limit 100`)
}

export interface DayRun {
  readonly check_id: string
  readonly title: string
  readonly collection_id: string
  readonly at: Instant
  readonly state: string
  readonly because: string | null
}

/** Runs of a control's checks on one day. */
export async function listDayRuns(tx: Tx, control_id: string, day: LocalDate, known: Known): Promise<DayRun[]> {
  return await tx.rows<DayRun>(sql`
    select v.check_id, v.title, r.collection_id, r.at, r.state, r.because
    from check_control m
    join check_version v on v.org_id = m.org_id and v.id = m.check_version_id
    join check_run r on r.org_id = v.org_id and r.check_version_id = v.id
    where m.org_id = ${tx.org} and m.control_id = ${control_id} and r.recorded_at <= ${known.knownAt}
      and r.at >= ${startOfDay(day, known.timeZone)} and r.at < ${endOfDay(day, known.timeZone)}
    order by r.at, v.check_id limit 200`)
}
