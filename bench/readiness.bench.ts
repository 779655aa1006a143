// SPDX-License-Identifier: Apache-2.0
import { framework } from '../catalog/framework.ts'
import { CATEGORIES } from '../catalog/terms.ts'
import { controlsActions } from '../features/controls/controls.actions.ts'
import { syncCatalogChecks } from '../features/monitoring/versions.store.ts'
import { readinessActions } from '../features/readiness/readiness.actions.ts'
import { systemActions } from '../features/system/system.actions.ts'
import { refreshGaps } from '../features/tasks/refresh.store.ts'
import { perform, type Action, type Ctx, type Role } from '../lib/action.ts'
import { Database, sql, type Tx } from '../lib/db.ts'
import { addDays } from '../lib/time.ts'
import { distant } from './distance.ts'
import { compareHistory, fillYear, SUBJECTS } from './history.ts'
import { openStage } from './stage.ts'

/*
 * Readiness of all 134 controls over a period of 365 days: a year of daily runs and results of every check, and an
 * attestation a month for every control that people perform. The days against a log of all results and against daily
 * snapshots (history.ts); the pages against the least one can ask of the same rows, counting them, and with a database that
 * is ten milliseconds away. The number of statements is printed, for it must not grow with controls or days.
 */

const stage = await openStage()
const tenant = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  stage.db.tenant({ org: stage.org, actor: 'system' }, work)
let failed = false
const expect = (is: boolean, what: string): void => {
  if (is) return
  failed = true
  console.log(`FAILED: ${what}`)
}

const today = new Date().toISOString().slice(0, 10)
const from = addDays(today, -364)

/** Runs an operation; gives its answer, the milliseconds, and how many statements it took. */
async function run<A extends Action>(name: string, action: A, input: unknown, roles: readonly Role[], db = stage.db) {
  const actor = { org: stage.org, id: 'usr_bench', name: 'Bench', roles }
  const started = performance.now()
  let statements = 0
  const answer = (await db.tenant({ org: stage.org, actor: actor.id }, async (tx) => {
    const asked = tx.rows.bind(tx)
    tx.rows = (statement) => {
      statements++
      return asked(statement)
    }
    const ctx: Ctx = { ...stage, tx, actor, operations: [name], now: tx.now, asOf: tx.now, knownAt: tx.now }
    return await perform(name, action, ctx, input)
  })) as Awaited<ReturnType<A['run']>>
  return { answer, ms: performance.now() - started, statements }
}

async function programme(): Promise<void> {
  const facts = { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'controller' }
  const scope = {
    organization_name: 'Bench Company',
    system_name: 'Bench',
    services: [{ name: 'Bench' }],
    inside: ['everything'],
    categories: [...CATEGORIES],
    engagement: { type: 'type2', period_from: from, period_to: today },
    time_zone: 'Europe/Berlin',
    stage: 'enterprise',
    people: 1000,
    facts,
  }
  await run('system.saveScope', systemActions['system.saveScope'], { based_on: 0, scope }, ['so_admin'])
  const { answer } = await run('controls.adopt', controlsActions['controls.adopt'], { effective_from: from }, [
    'so_admin',
  ])
  expect(answer.adopted.length === 134, `134 controls are adopted, not ${answer.adopted.length}`)
  await tenant((tx) => syncCatalogChecks(tx, stage.jobs))
}

/** A year, put there by hand: what is measured is reading it. */
async function year(): Promise<void> {
  const org = stage.org
  const ask = (text: string, values: unknown[] = []): Promise<unknown> => stage.owner.query(text, [org, ...values])
  // Owned and with policies in date, so that every component is reckoned and none is cut short.
  await ask(
    `insert into account (org_id, id, side, created_by) values ($1, 'usr_' || repeat('0', 26), 'management', 'system')`,
  )
  const manifest = `(select sha256 from ledger_manifest where org_id = $1 limit 1)`
  await ask(
    `insert into control_owner (org_id, control_id, n, owner, effective_from, assigned_by, manifest)
     select org_id, control_id, 1, 'usr_' || repeat('0', 26), effective_from, 'system', manifest from control_version where org_id = $1`,
  )
  await ask(
    `insert into policy_version (org_id, policy_id, n, version_label, reference, sha256, effective_from, next_review, approved_by, manifest)
     select $1, p, 1, '1', 'wiki', repeat('a', 64), $2::date - 30, $2::date + 335, 'system', ${manifest} from unnest($3::text[]) p`,
    [from, [...framework().policies.keys()]],
  )
  await ask(`insert into source (org_id, kind, ref, name) values ($1, 'import', 'bench', 'bench')`)
  await ask(
    `insert into collection (org_id, id, source_id, stream, kind, kind_version, outcome, listed, collected, unreachable, reconciliation,
       observed_at, recorded_at, recorded_by, producer, remarks, rows_root, manifest)
     select $1, 'col_' || d, (select id from source where org_id = $1), 'device', 'device', 1, 'complete', 0, 0, '[]', 'no-census',
       now() - make_interval(days => d), now() - make_interval(days => d), 'system', '{}', '[]', '', ${manifest} from generate_series(0, 364) d`,
  )
  await ask(
    `insert into check_run (org_id, check_version_id, collection_id, source_id, stream, at, recorded_at, state, counts, covers_from, fresh_until, root, manifest)
     select v.org_id, v.id, c.id, c.source_id, 'device', c.observed_at, c.observed_at, 'judged', '{}', c.observed_at, c.observed_at + interval '26 hours', repeat('0', 64), v.manifest
     from check_version v join collection c on c.org_id = v.org_id where v.org_id = $1`,
  )
  await ask(
    `insert into subject (org_id, source_id, stream, kind, key, label)
     select $1, (select id from source where org_id = $1), 'device', 'device', i::text, 'd' || i from generate_series(1, ${SUBJECTS}) i`,
  )
  await fillYear(stage, from)
  await ask(
    `insert into attestation (org_id, id, control_id, statement, outcome, period_from, period_to, collection_ids, attested_by, recorded_at, manifest)
     select v.org_id, 'att_' || v.control_id || m, v.control_id, 'done as written', 'performed', $2::date + m * 30, $2::date + m * 30 + 29,
       '{col_1}', 'system', now(), v.manifest
     from control_version v, generate_series(0, 11) m where v.org_id = $1 and v.nature <> 'automated'`,
    [from],
  )
  await stage.owner.query('analyze')
}

/** The least one can ask: how many runs, outcomes and attestations there are. */
async function count(): Promise<number> {
  const started = performance.now()
  await tenant((tx) =>
    tx.rows(sql`
      select (select count(*) from check_run where org_id = ${tx.org}), (select count(*) from outcome where org_id = ${tx.org}),
        (select count(*) from attestation where org_id = ${tx.org})`),
  )
  return performance.now() - started
}

const median = async (work: () => Promise<number>): Promise<number> => {
  const times = [await work(), await work(), await work(), await work(), await work()]
  return times.toSorted((a, b) => a - b)[2]! // five were measured
}
const READ = ['oversight'] as const
const RTT_MS = 10

await programme()
await year()
const limit = await median(count)
console.log(`count the same rows                       ${limit.toFixed(1).padStart(8)} ms  1.00 x`)
const show = async <A extends Action>(name: string, action: A, input: unknown = {}): Promise<number> => {
  let statements = 0
  const ms = await median(async () => {
    const done = await run(name, action, input, READ)
    statements = done.statements
    return done.ms
  })
  console.log(
    `${name.padEnd(40)} ${ms.toFixed(1).padStart(9)} ms  ${(ms / limit).toFixed(2)} x, ${statements} statements`,
  )
  return statements
}
await compareHistory(stage, from, {
  say: (what, took, ratio) => console.log(`${what.padEnd(40)} ${took.toFixed(1).padStart(9)} ms  ${ratio}`),
  expect,
  tenant,
})
const overview = await show('readiness.overview', readinessActions['readiness.overview'])
await show('readiness.criteria', readinessActions['readiness.criteria'])
await show('readiness.controls', readinessActions['readiness.controls'], { limit: 500 })
await show('readiness.control', readinessActions['readiness.control'], { id: 'IAM-02' })
const far = await distant({ ...stage.monitor, user: 'assay_app' }, RTT_MS)
const farDb = new Database(far.config, { kek: Buffer.alloc(32, 7) })
const away = await median(
  async () => (await run('readiness.control', readinessActions['readiness.control'], { id: 'IAM-02' }, READ, farDb)).ms,
)
console.log(
  `the same, ${RTT_MS} ms from its database          ${away.toFixed(1).padStart(8)} ms  goal 45 ms; begin with set-up, two statements`,
)
await farDb.close()
far.close()
const { answer } = await run('readiness.overview', readinessActions['readiness.overview'], {}, READ)
const rows = answer.heat.flatMap((group) => group.rows)
expect(rows.length === 134, `134 strips, not ${rows.length}`)
expect(
  rows.every((row) => row.cells.length === 365),
  'a letter for each of 365 days',
)
expect(overview <= 3, `at most 3 statements, not ${overview}`)
const started = performance.now()
const { opened } = await tenant(refreshGaps)
console.log(
  `find the gaps and open ${opened} tasks          ${(performance.now() - started).toFixed(1).padStart(8)} ms`,
)
const again = performance.now()
await tenant(refreshGaps)
console.log(`find them again and change nothing        ${(performance.now() - again).toFixed(1).padStart(8)} ms`)
await stage.close()
process.exit(failed ? 1 : 0)
