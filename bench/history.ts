// SPDX-License-Identifier: Apache-2.0
import { controlDays } from '../features/monitoring/check-days.store.ts'
import type { Tx } from '../lib/db.ts'
import { addDays, type LocalDate } from '../lib/time.ts'
import type { Stage } from './stage.ts'

/*
 * W3: a year of daily results of every check on some subjects, of which one in two hundred flips each day, kept three ways:
 * as outcomes with validity intervals (ours), as a log of every result, and as a snapshot a day. The answers are compared
 * number by number.
 */

export const SUBJECTS = 100
const FLIPS = 200

/** The results of the year, put there by hand: what is measured is keeping and reading them. */
export async function fillYear({ owner, org }: Stage, from: LocalDate): Promise<void> {
  await owner.query(
    `create table result_log (version bigint, subject bigint, day int, at timestamptz, status text);
     create table result_snapshot (day int, version bigint, subject bigint, status text)`,
  )
  // Whether a pair fails changes on one day in two hundred; which day is decided by a hash, the same in every run.
  await owner.query(
    `with pair as (
       select v.id as version, s.id as subject from check_version v join subject s on s.org_id = v.org_id
       where v.org_id = $1 and s.kind = 'device'
     ), flip as (
       select version, subject, day, day = 0 or hashint8(version * 1000003 + subject * 1009 + day) % ${FLIPS} = 0 as flips
       from pair, generate_series(0, 364) day
     )
     insert into result_log
     select version, subject, day, $2::date + day,
       case when (sum(flips::int) over (partition by version, subject order by day)) % 2 = 0 then 'fail' else 'pass' end
     from flip order by day, version, subject`,
    [org, from],
  )
  await owner.query(`
    insert into result_snapshot select day, version, subject, status from result_log;
    create index on result_log (version, subject, at desc) include (status);
    alter table result_snapshot add primary key (day, version, subject)`)
  await owner.query(
    `with turn as (
       select *, lag(status) over (partition by version, subject order by day) is distinct from status as turns from result_log
     ), stay as (
       select version, subject, at, status, lead(at) over (partition by version, subject order by day) as until from turn where turns
     )
     insert into outcome (org_id, check_version_id, subject_id, valid_from, valid_to, recorded_at, closed_at, status, because, run_id)
     select $1, version, subject, at, until, at, until, status, case when status = 'fail' then 'not true: x' end,
       (select min(id) from check_run r where r.org_id = $1 and r.check_version_id = version)
     from stay order by version, subject, at`,
    [org],
  )
  await owner.query('vacuum analyze')
}

export interface Compared {
  readonly say: (what: string, took: number, ratio: string) => void
  readonly expect: (is: boolean, what: string) => void
  readonly tenant: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
}

export async function compareHistory(stage: Stage, from: LocalDate, { say, expect, tenant }: Compared): Promise<void> {
  const { owner } = stage
  const size = async (table: string): Promise<number> =>
    Number((await owner.query(`select pg_total_relation_size($1) as n`, [table])).rows[0].n)
  const [ours, log, snapshots] = [await size('outcome'), await size('result_log'), await size('result_snapshot')]
  const [{ n }] = (await owner.query('select count(*)::int as n from result_log')).rows
  console.log(
    `${n} results kept: outcomes ${mb(ours)}; a log ${mb(log)}, 1/${(log / ours).toFixed(0)} (goal 1/50); snapshots ${mb(snapshots)}, 1/${(snapshots / ours).toFixed(0)}`,
  )
  const time = async <T>(work: () => Promise<T>): Promise<{ took: number; found: T }> => {
    await work()
    const times: number[] = []
    let found = await work()
    for (let round = 0; round < 3; round++) {
      const started = performance.now()
      found = await work()
      times.push(performance.now() - started)
    }
    return { took: times.toSorted((a, b) => a - b)[1]!, found } // three were measured
  }
  const to = addDays(from, 364)
  const asOf = `${to}T23:59:59.000Z`
  const year = await time(() =>
    tenant((tx) => controlDays(tx, { from, to, timeZone: 'UTC', asOf, knownAt: new Date().toISOString() })),
  )
  // The last word of each day on each pair, as a log without a row for every day would have to be asked.
  const byLog = await time(() =>
    owner.query(`
      select v.check_id, day, count(*)::int as n from (
        select distinct on (l.version, l.subject, d.day) l.version, d.day, l.status from generate_series(0, 364) as d (day)
        join result_log l on l.day = d.day order by l.version, l.subject, d.day, l.at desc) x
      join check_version v on v.id = x.version where status = 'fail' group by 1, 2`),
  )
  const bySnapshot = await time(() =>
    owner.query(`
      select v.check_id, day, count(*)::int as n from result_snapshot s join check_version v on v.id = s.version
      where status = 'fail' group by 1, 2`),
  )
  const cells = year.found.controls.length * year.found.days.length
  say(
    `${year.found.controls.length} controls x ${year.found.days.length} days from outcomes`,
    year.took,
    `goal 300 ms; ${cells} cells`,
  )
  say('the same numbers from the log', byLog.took, `1/${(byLog.took / year.took).toFixed(1)} (goal 1/20)`)
  say('the same numbers from snapshots', bySnapshot.took, `1/${(bySnapshot.took / year.took).toFixed(1)} (goal 1/15)`)
  const counted = (rows: readonly { check_id: string; day: number; n: number }[]): string =>
    rows
      .map((row) => `${row.check_id} ${row.day} ${row.n}`)
      .toSorted()
      .join('\n')
  const own = year.found.checks.flatMap(({ check_id, failing }) =>
    failing.flatMap((found, day) => (found > 0 ? [{ check_id, day, n: found }] : [])),
  )
  expect(counted(own) === counted(byLog.found.rows), 'outcomes and log give the same numbers')
  expect(counted(own) === counted(bySnapshot.found.rows), 'outcomes and snapshots give the same numbers')
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
