// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '../catalog/kinds/registry.ts'
import { keepCaptures, recordCollection } from '../features/evidence/evidence.store.ts'
import { controlDays } from '../features/monitoring/check-days.store.ts'
import { judgeOf, judgePopulation } from '../features/monitoring/judgement.actions.ts'
import { judgeCollection } from '../features/monitoring/judging.actions.ts'
import { factPages } from '../features/monitoring/judging.store.ts'
import { currentVersions, syncCatalogChecks } from '../features/monitoring/versions.store.ts'
import type { Tx } from '../lib/db.ts'
import { engines, wholeRun } from './engines.ts'
import { openStage } from './stage.ts'

/*
 * W2 and W3 of our own path: 300 questions over 100,000 facts in memory, against reading and parsing them, by hand and by
 * four engines; the checks of one kind over 100,000 facts that lie in PostgreSQL, against reading and parsing the same facts
 * and judging nothing; a judgement that confirms, and one that finds a hundredth changed, against the first; and the day
 * strips of all controls over 365 days of runs and outcomes. Goals stand beside the ratios.
 */

const FACTS = Number(process.env['ASSAY_BENCH_FACTS'] ?? 100_000)
const seconds = (started: number): number => (performance.now() - started) / 1000
const line = (what: string, took: number, ratio: string): void =>
  console.log(`${what.padEnd(46)} ${took.toFixed(3).padStart(8)} s  ${ratio}`)

const account = (i: number, at: string): Record<string, unknown> => ({
  system: `system ${i % 40}`,
  account: `account-${i}`,
  email: `person-${i % 20_000}@example.org`,
  name: `Person ${i}`,
  status: i % 10 === 0 ? 'disabled' : 'active',
  is_admin: i % 5000 === 0,
  mfa: i % 17 !== 0,
  last_sign_in: i % 23 === 0 ? '2025-01-01T00:00:00.000Z' : at,
  created_at: '2024-01-01T00:00:00.000Z',
  disabled_at: i % 10 === 0 ? at : null,
})
const person = (i: number): Record<string, unknown> => ({
  id: `p${i}`,
  name: `Person ${i}`,
  email: `person-${i}@example.org`,
  type: 'employee',
  title: null,
  manager: null,
  started_on: '2024-01-01',
  ended_on: i % 50 === 0 ? '2026-01-31' : null,
})

const stage = await openStage()
const tenant = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  stage.db.tenant({ org: stage.org, actor: 'system' }, work)
let failed = false
const expect = (is: boolean, what: string): void => {
  if (is) return
  failed = true
  console.log(`FAILED: ${what}`)
}

async function record(kindId: string, bodies: readonly Record<string, unknown>[], at: string): Promise<string> {
  const kind = kindOf(kindId)
  const rows = bodies.map((body, i) => ({
    key: kind.key(body),
    label: kind.label(body),
    body,
    capture: 0,
    pointer: `/${i}`,
  }))
  const collected = {
    stream: kindId,
    kind: kindId,
    kind_version: kind.version,
    outcome: 'complete' as const,
    listed: rows.length,
    collected: rows.length,
    unreachable: [],
    reconciliation: 'no-census' as const,
    observed_at: at,
    captures: [{ name: 'rows.json', media_type: 'application/json', bytes: new Uint8Array(2), captured_at: at }],
    rows,
    producer: { id: 'bench', version: '1' },
  }
  const kept = await keepCaptures(stage.blobs, stage.org, collected)
  return (
    await tenant((tx) => recordCollection(tx, kind, { kind: 'import', ref: kindId, name: kindId }, collected, kept))
  ).collection_id
}

/** The limit: read the facts and parse each. */
async function readOnly(at: string): Promise<number> {
  const started = performance.now()
  await tenant(async (tx) => {
    for await (const page of factPages(tx, { kind: 'user-account', stream: undefined, at, times: false }, 2000))
      for (const { body } of page) JSON.parse(body)
  })
  return seconds(started)
}

async function population(): Promise<void> {
  const at = new Date(Date.now() - 3_600_000).toISOString()
  await tenant((tx) => syncCatalogChecks(tx, stage.jobs))
  await record(
    'person',
    Array.from({ length: 20_000 }, (_, i) => person(i)),
    at,
  )
  const first = await record(
    'user-account',
    Array.from({ length: FACTS }, (_, i) => account(i, at)),
    at,
  )
  await readOnly(at) // warm
  const limit = await readOnly(at)
  line(`read and parse ${FACTS} facts`, limit, '1.00 x')
  const judges = (await tenant(currentVersions)).filter((version) => version.kind === 'user-account').map(judgeOf)
  const joins = judges.filter(({ check }) => Object.keys(check.lookup).length > 0).length
  for (const [what, some] of [
    ['checks that look at one row', judges.filter(({ check }) => Object.keys(check.lookup).length === 0)],
    [`all checks of the kind, ${joins} with joins`, judges],
  ] as const) {
    const started = performance.now()
    const judgement = await tenant((tx) => judgePopulation(tx, some, { kind: 'user-account', stream: undefined, at }))
    const took = seconds(started)
    line(
      `${some.length} ${what}`,
      took,
      `${(took / limit).toFixed(2)} x, ${Math.round((FACTS * some.length) / took)} verdicts/s`,
    )
    expect(
      judgement.verdicts.every(({ statuses }) => statuses.length === FACTS),
      'every fact has a verdict of every check',
    )
  }
  const started = performance.now()
  await tenant((tx) => judgeCollection(tx, first))
  const whole = seconds(started)
  line('first judgement: outcomes, roots, leaves', whole, `${(whole / limit).toFixed(2)} x`)
  const later = new Date(Date.parse(at) + 60_000).toISOString()
  const again = await record(
    'user-account',
    Array.from({ length: FACTS }, (_, i) => account(i, at)),
    later,
  )
  const before = await outcomes()
  const restarted = performance.now()
  await tenant((tx) => judgeCollection(tx, again))
  const confirming = seconds(restarted)
  line('a judgement that confirms it', confirming, `${(confirming / whole).toFixed(2)} x the first`)
  expect((await outcomes()) === before, 'a judgement that confirms what is known writes no outcome')
  expect(confirming < whole, 'confirming costs less than the first judgement')
  const turned = await record(
    'user-account',
    Array.from({ length: FACTS }, (_, i) => ({ ...account(i, at), ...(i % 100 === 1 ? { mfa: i % 17 === 0 } : {}) })),
    new Date(Date.parse(at) + 120_000).toISOString(),
  )
  const changing = performance.now()
  await tenant((tx) => judgeCollection(tx, turned))
  const change = seconds(changing)
  const written = (await outcomes()) - before
  line(
    'a judgement that finds a hundredth changed',
    change,
    `${(change / whole).toFixed(2)} x the first, ${written} written`,
  )
  expect(written === FACTS / 100, `only what changed is written: ${FACTS / 100}, not ${written}`)
}

const outcomes = async (): Promise<number> =>
  (await stage.owner.query('select count(*)::int as n from outcome')).rows[0].n

/** A year of one run a day for every check, and 50,000 outcomes in trouble, put there by hand. */
async function year(): Promise<void> {
  const org = stage.org
  const [{ id: collection }] = (await stage.owner.query('select id from collection where org_id = $1 limit 1', [org]))
    .rows
  await stage.owner.query(
    `insert into collection select org_id, 'col_' || d, source_id, stream, kind, kind_version, outcome, why, listed, collected,
       unreachable, census, reconciliation, null, null, now() - d * interval '1 day', now() - d * interval '1 day',
       recorded_by, producer, remarks, rows_root, manifest, null, null
     from collection, generate_series(1, 365) d where org_id = $1 and id = $2`,
    [org, collection],
  )
  await stage.owner.query(
    `insert into check_run (org_id, check_version_id, collection_id, source_id, stream, at, recorded_at, state, counts, covers_from, fresh_until, root, manifest)
     select v.org_id, v.id, 'col_' || d, 1, 'device', now() - d * interval '1 day', now() - d * interval '1 day', 'judged', '{}',
       now() - d * interval '1 day', now() - d * interval '1 day' + interval '26 hours', repeat('0', 64), v.manifest
     from check_version v, generate_series(1, 365) d where v.org_id = $1`,
    [org],
  )
  await stage.owner.query(
    `insert into outcome (org_id, check_version_id, subject_id, valid_from, valid_to, recorded_at, closed_at, status, because, run_id)
     select org_id, id, s, now() - (20 + (s * 7 % 340)) * interval '1 day', now() - (s * 7 % 20) * interval '1 day', now() - interval '1 year',
       now() - interval '1 day', case when s % 3 = 0 then 'inconclusive' else 'fail' end, 'x', (select min(id) from check_run r where r.org_id = v.org_id and r.check_version_id = v.id)
     from check_version v, (select id as s from subject where org_id = $1 order by id limit 1300) s where v.org_id = $1`,
    [org],
  )
  await stage.owner.query('analyze')
  const now = new Date().toISOString()
  const to = now.slice(0, 10)
  const from = new Date(Date.now() - 364 * 86_400_000).toISOString().slice(0, 10)
  const ask = { from, to, timeZone: 'Europe/Berlin', asOf: now, knownAt: now }
  await tenant((tx) => controlDays(tx, ask))
  const started = performance.now()
  const strips = await tenant((tx) => controlDays(tx, ask))
  const took = seconds(started)
  const naive = performance.now()
  await stage.owner.query(
    `select d, o.check_version_id, o.status, count(*) from generate_series(now() - interval '364 days', now(), interval '1 day') d
     join outcome o on o.org_id = $1 and o.valid_from < d + interval '1 day' and (o.valid_to is null or o.valid_to > d)
       and o.status in ('fail', 'inconclusive') group by 1, 2, 3`,
    [org],
  )
  const dayJoin = seconds(naive)
  line(
    `${strips.controls.length} controls x ${strips.days.length} days`,
    took,
    `${(took / dayJoin).toFixed(3)} x a join of days and outcomes`,
  )
  expect(took < 0.3 * dayJoin, 'the day strips of a year take less than a third of a join of days and outcomes')
}

try {
  await population()
  wholeRun(FACTS, line, expect)
  await engines(stage, Math.min(2000, FACTS), line, expect)
  await year()
  console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
} finally {
  await stage.close()
}
process.exit(failed ? 1 : 0)
