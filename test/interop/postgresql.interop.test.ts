// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { cloudScan } from '../../demo/scans.ts'
import { createLogger } from '../../lib/log.ts'
import { startPostgres, type Postgres } from '../../lib/postgres.ts'
import { addDays } from '../../lib/time.ts'
import { assay, discard, startRunning, type Running } from '../e2e/running.ts'
import { startPostgresServer, type PostgresServer } from '../postgres-server.ts'
import { SCOPE } from '../programme.ts'

/*
 * Assay on somebody's own PostgreSQL, as DATABASE_URL names it: the oldest that is supported, as Debian ships it, sorting
 * as its people do; and the newest, whose roles hand on less. The login owns its database and is no superuser.
 */

const PASSWORD = 'p:w/ö?'
const folder = mkdtempSync(join(tmpdir(), 'assay-interop-'))

interface Theirs {
  /** Runs statements as the superuser of the server. */
  admin<R extends pg.QueryResultRow>(text: string, database?: string): Promise<R[]>
  /** DATABASE_URL of a role. */
  url(role: string, database: string): string
}

const theirs = (host: string, port: number, superuser: string, url: Theirs['url']): Theirs => ({
  url,
  async admin<R extends pg.QueryResultRow>(text: string, database = 'postgres') {
    const client = new pg.Client({ host, port, user: superuser, database })
    await client.connect()
    try {
      return (await client.query<R>(text)).rows
    } finally {
      await client.end()
    }
  },
})

let debian: PostgresServer
let eighteen: Postgres
let oldest: Theirs
let newest: Theirs
beforeAll(async () => {
  debian = await startPostgresServer()
  oldest = theirs(debian.host, debian.port, 'postgres', (role, database) =>
    debian.url(role, encodeURIComponent(PASSWORD), database),
  )
  eighteen = await startPostgres({ dataDir: join(folder, 'postgres'), log: createLogger({ level: 'error' }) })
  const { host, port } = eighteen
  newest = theirs(
    host,
    port,
    'owner',
    (role, database) => `postgresql://${role}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
  )
})
afterAll(async () => {
  await debian?.stop()
  await eighteen?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What the database guarantees, in rows that compare between versions and collations. */
const SCHEMA = [
  `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
   where table_schema = 'public' order by table_name collate "C", column_name collate "C"`,
  `select relname, relrowsecurity, relforcerowsecurity from pg_class
   where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname collate "C"`,
  `select tablename, policyname, permissive, roles::text, cmd, qual, with_check from pg_policies
   where schemaname = 'public' order by tablename collate "C", policyname collate "C"`,
  `select grantee, table_name, column_name, privilege_type from information_schema.column_privileges
   where table_schema = 'public' and grantee like 'assay\\_%' and grantee not like '%owner'
   order by table_name collate "C", column_name collate "C", grantee collate "C", privilege_type collate "C"`,
  `select tgrelid::regclass::text as of, tgname, tgtype, tgfoid::regproc::text as does from pg_trigger t
   join pg_class c on c.oid = t.tgrelid and c.relnamespace = 'public'::regnamespace
   where not tgisinternal order by c.relname collate "C", tgname collate "C"`,
]

const ICU = `template template0 locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'`

describe.each([
  ['PostgreSQL 15 of Debian', () => oldest, ICU],
  ['the newest PostgreSQL', () => newest, ''],
])('%s, with a login that owns its database', (_, server, options) => {
  const database = 'assay_theirs'
  const owner = 'assay_theirs_owner'
  let env: Record<string, string>
  let running: Running
  const run = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await assay(words, { env })
    if (code !== 0) throw new Error(`assay ${words.join(' ')} ended with ${code}: ${err}`)
    return out
  }
  const start = async (dataDir?: string, name = database): Promise<void> => {
    running = await startRunning({
      env: { DATABASE_URL: server().url(owner, name) },
      ...(dataDir === undefined ? {} : { dataDir }),
    })
    env = { ...env, ASSAY_SERVER: running.url, ASSAY_DATA: running.dataDir }
  }

  beforeAll(async () => {
    await server().admin(`create role ${owner} login createrole password '${PASSWORD}'`)
    await server().admin(`create database ${database} owner ${owner} ${options}`)
    env = {}
    await start()
  })
  afterAll(async () => {
    await running?.stop()
    if (running) discard(running)
  })

  test('holds the main job, from the set-up to a verified bundle', async () => {
    const words = [
      'setup',
      running.setupLink,
      '--organization',
      'Nimbus',
      '--name',
      'Ada',
      '--email',
      'a@nimbus.example',
    ]
    const { code, out, err } = await assay([...words, '--field', 'key'], { env, stdin: 'nimbus-lantern-42-quarry\n' })
    expect([code, err]).toEqual([0, ''])
    env = { ...env, ASSAY_API_KEY: out.trim() }
    writeFileSync(join(folder, 'scope.json'), JSON.stringify({ based_on: 0, scope: SCOPE }))
    await run('system', 'save-scope', '--input', `@${join(folder, 'scope.json')}`)
    await run('system', 'approve-scope', '--n', '1')
    await run('controls', 'adopt')
    const day = addDays(new Date().toISOString().slice(0, 10), -1)
    writeFileSync(join(folder, 'scan.json'), cloudScan(addDays(day, -25), 25))
    await run('evidence', 'import', '--upload', join(folder, 'scan.json'), '--series', 'Production account', '--wait')
    expect(await run('checks', 'list', '--columns', 'id,state')).toMatch(/^cloud-rules-pass +fail$/m)
    expect(await run('readiness', 'criteria', '--columns', 'id,open_gaps')).toMatch(/^CC6\.1 +[1-9]/m)
    await verifyBundle('first')
  })

  test('is a system to read like any other: what its owner may not hand out is named', async () => {
    const words = ['connections', 'create', '--connector', 'postgresql', '--name', 'database', '--config', 'server=own']
    const first = await assay([...words, '--wait', '--field', 'id'], { env })
    expect([first.code, first.err]).toEqual([0, expect.stringMatching(/^roles: complete, (\d+) of \1$/m)])
    expect(first.err).toMatch(/^access-rules: denied, 0 of 0; .*pg_hba_file_rules/m)
    await server().admin(
      `grant pg_read_all_settings, pg_monitor to assay_monitor; grant select on pg_hba_file_rules to assay_monitor;
       grant execute on function pg_hba_file_rules() to assay_monitor`,
      database,
    )
    const again = await assay(['connections', 'run', '--id', first.out.trim(), '--wait'], { env })
    for (const stream of ['access-rules', 'roles', 'server', 'settings'])
      expect(again.err).toMatch(new RegExp(`^${stream}: complete, (\\d+) of \\1$`, 'm'))
  })

  test('has the schema of the embedded one, with row-level security forced on its own owner too', async () => {
    const { host, port } = inject('postgres')
    const ours = theirs(host, port, 'owner', () => '')
    for (const facts of SCHEMA)
      expect(await server().admin(facts, database)).toEqual(await ours.admin(facts, 'assay_template'))
    expect(await server().admin('select count(*)::int as n from organization', database)).toEqual([{ n: 1 }])
    const client = new pg.Client(server().url(owner, database))
    await client.connect()
    const seen = await client.query('select * from organization')
    await client.end()
    expect(seen.rows).toEqual([])
  })

  test('is found again after a restart and after kill -9, with an intact ledger', async () => {
    const before = await run('evidence', 'list', '--field', 'rows.id')
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await running.stop(signal)
      await start(running.dataDir)
      expect(await run('ledger', 'check', '--field', 'is_intact')).toBe('true\n')
      expect(await run('evidence', 'list', '--field', 'rows.id')).toBe(before)
      expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
    }
    await verifyBundle('after')
  })

  async function verifyBundle(name: string): Promise<void> {
    const zip = join(folder, `${name}-${database}.zip`)
    await run('download', (await run('bundles', 'export', '--name', name, '--wait', '--field', 'id')).trim(), zip)
    expect(await run('verify', zip)).toContain('VERIFIED')
    rmSync(zip)
  }
})

describe('a backup of somebody’s own PostgreSQL', () => {
  test('is made with their tools in the order that assay backup names, and comes back as it was', async () => {
    const owner = 'assay_kept_owner'
    await oldest.admin(`create role ${owner} login createrole password '${PASSWORD}'`)
    // Where another Assay of the cluster made them already.
    await oldest.admin(`do $$ begin if to_regrole('assay_door') is not null then
      grant assay_app, assay_sequencer, assay_backup, assay_monitor, assay_door to ${owner}; end if; end $$`)
    for (const name of ['kept', 'restored']) await oldest.admin(`create database ${name} owner ${owner}`)
    const kept = await startRunning({ env: { DATABASE_URL: oldest.url(owner, 'kept') } })
    const words = ['setup', kept.setupLink, '--organization', 'Nimbus', '--name', 'Ada', '--email', 'a@nimbus.example']
    const { out } = await assay([...words, '--field', 'key'], { stdin: 'nimbus-lantern-42-quarry\n' })
    const of = (url: string): Record<string, string> => ({ ASSAY_SERVER: url, ASSAY_API_KEY: out.trim() })
    writeFileSync(join(folder, 'kept.json'), cloudScan('2026-01-01', 25))
    const scan = ['evidence', 'import', '--upload', join(folder, 'kept.json'), '--series', 'Production account']
    expect(await assay([...scan, '--wait'], { env: of(kept.url) })).toMatchObject({ code: 0 })
    const refused = await assay(['backup', join(folder, 'no')], {
      env: { ASSAY_DATA: kept.dataDir, DATABASE_URL: oldest.url(owner, 'kept') },
    })
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/^OWN_DATABASE: .*signer.*pg_dump.*blobs/)])

    const copy = join(folder, 'copy')
    mkdirSync(copy)
    const keep = (...names: string[]): void => {
      for (const name of names) cpSync(join(kept.dataDir, name), join(copy, name), { recursive: true })
    }
    keep('signer', 'ledger')
    // The owner of the tables is fenced like everybody: its dump fails rather than be empty.
    expect(() => debian.program('pg_dump', `--dbname=${oldest.url(owner, 'kept')}`)).toThrow(/row-level security/)
    debian.program('pg_dump', '--format=custom', `--file=${join(debian.host, 'kept.dump')}`, 'kept')
    keep('blobs', 'instance.key')
    const before = JSON.parse((await assay(['--json', 'ledger', 'status'], { env: of(kept.url) })).out) as {
      size: number
    }
    await kept.stop()
    discard(kept)

    debian.program('pg_restore', '--dbname=restored', '--exit-on-error', join(debian.host, 'kept.dump'))
    const back = await startRunning({ dataDir: copy, env: { DATABASE_URL: oldest.url(owner, 'restored') } })
    const check = await assay(['--json', 'ledger', 'check'], { env: of(back.url) })
    expect(JSON.parse(check.out)).toMatchObject({ is_intact: true, findings: [] })
    const after = JSON.parse((await assay(['--json', 'ledger', 'status'], { env: of(back.url) })).out) as {
      size: number
    }
    expect(after.size).toBeGreaterThanOrEqual(before.size)
    await back.stop()
  })
})

describe('a server that Assay cannot stand on is refused by name, and nothing is written to it:', () => {
  const start = async (role: string, database: string): Promise<string> => {
    try {
      const running = await startRunning({ env: { DATABASE_URL: oldest.url(role, database) } })
      await running.stop()
      discard(running)
      return 'started'
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const [{ n } = { n: -1 }] = await oldest.admin<{ n: number }>(
        `select count(*)::int as n from pg_class where relname = 'schema_migration'`,
        decodeURIComponent(database),
      )
      expect(n).toBe(0)
      return error.message
    }
  }

  test('a role without rights, with the statements that give them', async () => {
    await oldest.admin(`create role "Some one" login password '${PASSWORD}'`)
    await oldest.admin('create database "their own"')
    const said = await start(encodeURIComponent('Some one'), encodeURIComponent('their own'))
    const statements = /let a superuser run: (.*;)/.exec(said)?.[1]
    expect(statements).toMatch(/^alter database "their own" owner to "Some one"; /)
    await oldest.admin(statements ?? '')
    expect(await start(encodeURIComponent('Some one'), encodeURIComponent('their own'))).toBe('started')
  })

  test('one that is too old', async () => {
    await oldest.admin(`create role ancient login createrole password '${PASSWORD}'`)
    await oldest.admin('create database ancient owner ancient')
    // No older server is at hand; this one says of itself that it is.
    await oldest.admin(
      `create schema past; grant usage on schema past to public;
       create function past.current_setting(text) returns text language sql as 'select ''140011''';
       alter database ancient set search_path = past, pg_catalog, public`,
      'ancient',
    )
    expect(await start('ancient', 'ancient')).toContain('expected PostgreSQL 15 or newer, got 14')
  })

  test('one whose text is not UTF-8', async () => {
    await oldest.admin(`create database latin owner ancient template template0 encoding 'LATIN1' locale 'C'`)
    expect(await start('ancient', 'latin')).toContain('expected a database in UTF8, got LATIN1')
  })

  test('one that does not know the password', async () => {
    await oldest.admin(`create role forgetful login createrole password 'another'; `)
    await oldest.admin('create database forgetful owner forgetful')
    expect(await start('forgetful', 'forgetful')).toContain(
      'DATABASE_URL does not answer: password authentication failed for user "forgetful"',
    )
  })
})
