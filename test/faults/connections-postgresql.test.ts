// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionsActions as actions } from '../../features/connections/connections.actions.ts'
import { evidenceActions } from '../../features/evidence/evidence.actions.ts'
import { createLogger } from '../../lib/log.ts'
import { startPostgres, type Postgres } from '../../lib/postgres.ts'
import { connect, look, misbehave, QUICK, resultsOf, runAgain } from '../sources.ts'
import { createWorld, type World } from '../world.ts'

// Levels L1 and L4: a real PostgreSQL with passwords and TLS, and servers that are none.

const CANARY = 'canary-5e11-password-of-the-reader'
let world: World
let server: Postgres
let folder: string
let port: number
let owner: pg.Client

beforeAll(async () => {
  world = await createWorld()
  folder = mkdtempSync(join(tmpdir(), 'assay-pg-source-'))
  chmodSync(folder, 0o755)
  port = await freePort()
  const tls = join(folder, 'tls')
  mkdirSync(tls)
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-keyout', join(tls, 'key.pem'), '-out', join(tls, 'cert.pem')],
  ])
  writeFileSync(
    join(folder, 'hba.conf'),
    [
      'local all all trust',
      'hostssl all tls_only 127.0.0.1/32 scram-sha-256',
      'hostnossl all tls_only 127.0.0.1/32 reject',
      'host all all 127.0.0.1/32 scram-sha-256',
    ].join('\n') + '\n',
  )
  server = await startPostgres({
    dataDir: join(folder, 'data'),
    log: createLogger({ level: 'silent' }),
    settings: {
      listen_addresses: '127.0.0.1',
      port: String(port),
      hba_file: join(folder, 'hba.conf'),
      ssl: 'on',
      ssl_cert_file: join(tls, 'cert.pem'),
      ssl_key_file: join(tls, 'key.pem'),
    },
  })
  owner = new pg.Client({ ...server.connection('owner'), port })
  await owner.connect()
  await owner.query(`
    create role reader login password '${CANARY}'; grant pg_read_all_settings to reader;
    grant select on pg_hba_file_rules to reader; grant execute on function pg_hba_file_rules() to reader;
    grant select (rolname, rolpassword) on pg_authid to reader;
    create role plain login password '${CANARY}';
    create role tls_only login password '${CANARY}';
    create role mighty login superuser password '${CANARY}';
    create role old_fashioned login; set password_encryption = 'md5'; alter role old_fashioned password 'x' valid until '2027-01-01'`)
  await owner.query('reset password_encryption')
  await owner.query(`alter system set primary_conninfo = 'host=primary password=${CANARY}'`)
  await owner.query('select pg_reload_conf()')
})
afterAll(async () => {
  await owner?.end()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
  await world.close()
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function read(config: Record<string, unknown>, password: string | null = CANARY) {
  const id = await connect(world, {
    connector: 'postgresql',
    config: { server: 'other', host: 'localhost', port, user: 'reader', tls: 'disable', ...config },
    ...(password === null ? {} : { secrets: { password } }),
  })
  const state = await look(world, id)
  return { id, state, results: resultsOf(state) }
}
const expectAll = (state: Awaited<ReturnType<typeof look>>, outcome: string, why: RegExp) => {
  for (const { newest } of state.streams) {
    expect(newest?.outcome).toBe(outcome)
    expect(newest?.why).toMatch(why)
  }
  expect(state.last_run?.state).toBe('failed')
  expect(JSON.stringify(state)).not.toContain(CANARY)
}
async function factsOf(id: string, kind: string): Promise<Record<string, unknown>[]> {
  const input = { kind, source: id, limit: 500 }
  const { rows } = await world.perform('evidence.facts', evidenceActions['evidence.facts'], input)
  return rows.map((row) => row.body)
}

describe('a server that lets a reader in', () => {
  test('is read whole, in one snapshot, and counts agree', async () => {
    const { id, state, results } = await read({})
    for (const result of Object.values(results))
      expect(result).toMatchObject({ outcome: 'complete', reconciliation: 'equal', unreachable: 0 })
    expect(state.probe?.results.map(({ need, state: found }) => `${need} ${found}`)).toEqual([
      'login granted',
      'pg_read_all_settings granted',
      'pg_hba_file_rules granted',
      'pg_authid granted',
    ])
    const roles = Object.fromEntries((await factsOf(id, 'database-role')).map((role) => [role['name'], role]))
    expect(roles['reader']).toMatchObject({ can_login: true, superuser: false, password_kind: 'scram-sha-256' })
    expect(roles['reader']?.['member_of']).toEqual(['pg_read_all_settings'])
    expect(roles['old_fashioned']).toMatchObject({ password_kind: 'md5', valid_until: '2027-01-01T00:00:00Z' })
    expect(roles['pg_monitor']).toMatchObject({ can_login: false, password_kind: 'none' })
    const rules = await factsOf(id, 'database-access-rule')
    expect(rules).toHaveLength(4)
    expect(rules.find((rule) => rule['type'] === 'hostssl')).toMatchObject({
      line: 2,
      users: ['tls_only'],
      databases: ['all'],
      address: '127.0.0.1 255.255.255.255',
      method: 'scram-sha-256',
      error: null,
    })
    expect((await factsOf(id, 'database-server'))[0]).toMatchObject({ server: `localhost:${port}`, ssl: true })
    const settings = Object.fromEntries((await factsOf(id, 'database-setting')).map((one) => [one['name'], one]))
    expect(settings['primary_conninfo']).toMatchObject({ value: '(hidden)' })
    // Our own session set these for itself; the evidence holds what the server has.
    expect(settings['statement_timeout']).toMatchObject({ value: '0' })
    expect(settings['search_path']).toMatchObject({ value: '"$user", public' })
  })
  test('a setting that drifts between two runs ends one fact and begins another', async () => {
    const { id } = await read({})
    await owner.query(`alter system set log_connections = 'all'`)
    await owner.query('select pg_reload_conf()')
    await new Promise((done) => setTimeout(done, 300))
    const results = resultsOf(await runAgain(world, id))
    expect(results['settings']).toMatchObject({ begun: 1, ended: 1 })
    expect(results['server']).toMatchObject({ begun: 1, ended: 1 })
    expect(results['roles']).toMatchObject({ begun: 0, ended: 0 })
  })
  test('with TLS, the certificate is checked against the given authority, and its key is on record', async () => {
    const ca = readFileSync(join(folder, 'tls/cert.pem'), 'utf8')
    const { id, results } = await read({ tls: 'verify-full', ca })
    expect(results['roles']?.outcome).toBe('complete')
    const { collection_id } = results['roles'] ?? {}
    const got = await world.perform('evidence.get', evidenceActions['evidence.get'], { id: collection_id })
    expect(JSON.stringify(got)).toMatch(/"peer_key_sha256":"[0-9a-f]{64}"/)
    expect(id).toBeTruthy()
  })
})

describe('a role that lacks rights', () => {
  test('gets what it may see, and each lack names the grant', async () => {
    const { state, results } = await read({ user: 'plain' })
    expect(results['access-rules']).toMatchObject({ outcome: 'denied', collected: 0 })
    expect(state.probe?.results.find(({ need }) => need === 'pg_hba_file_rules')).toMatchObject({
      state: 'denied',
      because: expect.stringContaining('grant select on pg_hba_file_rules') as string,
    })
    expect(results['settings']).toMatchObject({ outcome: 'partial' })
    expect(results['settings']?.why).toMatch(/grant pg_read_all_settings/)
    expect(results['roles']).toMatchObject({ outcome: 'complete', reconciliation: 'equal' })
    expect(results['roles']?.remarks.join()).toMatch(/How passwords are kept is not known: grant select/)
    expect(results['server']).toMatchObject({ outcome: 'denied' })
    expect(state.health).toBe('incomplete')
  })
  test('one that may do more than read is a finding of its own', async () => {
    const { state } = await read({ user: 'mighty' })
    expect(state.probe?.results[0]).toMatchObject({ need: 'login', state: 'excess' })
    expect(state.probe?.results[0]?.because).toMatch(/superuser/)
  })
})

describe('a server that cannot be read', () => {
  test('refuses the password', async () => {
    expectAll((await read({}, 'wrong-password-of-nobody')).state, 'denied', /the password was refused/)
    expectAll((await read({}, null)).state, 'denied', /asks for a password|password was refused/)
  })
  test('wants TLS and gets none', async () => {
    expectAll(
      (await read({ user: 'tls_only' })).state,
      'denied',
      /wants an encrypted connection|does not let this user in/,
    )
  })
  test('shows a certificate nobody vouches for, or another’s', async () => {
    expectAll((await read({ tls: 'verify-full' })).state, 'failed', /certificate is signed by itself; give the CA/)
    const ca = readFileSync(join(folder, 'tls/cert.pem'), 'utf8')
    expectAll((await read({ tls: 'verify-full', ca, host: '127.0.0.1' })).state, 'failed', /for another host/)
  })
  test('has no such database', async () => {
    expectAll((await read({ database: 'nowhere' })).state, 'failed', /no database of this name/)
  })
  test('is not there', async () => {
    const nobody = await misbehave(() => undefined)
    await nobody.close()
    expectAll((await read({ port: nobody.port })).state, 'failed', /nothing answers there/)
    expectAll((await read({ host: '/nowhere/at/all' })).state, 'failed', /no such socket/)
  })
  test('takes the connection and never answers', async () => {
    const mute = await misbehave(() => undefined)
    expectAll((await read({ port: mute.port })).state, 'failed', /does not answer in time/)
    await mute.close()
  })
  test('hangs up', async () => {
    const rude = await misbehave((socket) => socket.once('data', () => socket.destroy()))
    expectAll((await read({ port: rude.port })).state, 'failed', /cut/)
    await rude.close()
  })
  test('speaks another language', async () => {
    const web = await misbehave((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const { state } = await read({ port: web.port })
    expect(state.last_run?.state).toBe('failed')
    expect(state.streams.every(({ newest }) => newest?.outcome === 'failed')).toBe(true)
    await web.close()
  })
  test('offers no TLS where it is wanted', async () => {
    const plain = await misbehave((socket) => socket.once('data', () => socket.write('N')))
    expectAll((await read({ port: plain.port, tls: 'require' })).state, 'unsupported', /offers no TLS/)
    await plain.close()
  })
  test('lives where the metadata of a cloud is served: nothing is sent', async () => {
    expectAll((await read({ host: '169.254.169.254' })).state, 'failed', /may not be reached/)
    const id = await connect(
      world,
      { connector: 'postgresql', config: { server: 'other', host: 'db.example.com', user: 'x', tls: 'disable' } },
      { ...QUICK, resolve: async () => ['93.184.216.34', '169.254.169.254'] },
    )
    expectAll(await look(world, id), 'failed', /169\.254\.169\.254 is link-local/)
  })
  test('changes its password between two runs: what was read stays, and the connection says so', async () => {
    const { id } = await read({})
    const before = await look(world, id)
    expect(before.health).toBe('ok')
    await owner.query(`alter role reader password 'changed-in-the-meantime'`)
    const after = await runAgain(world, id)
    expectAll(after, 'denied', /the password was refused/)
    expect(after.failures).toBe(1)
    expect(after.last_read_at).toBe(before.last_read_at)
    await owner.query(`alter role reader password '${CANARY}'`)
    expect((await runAgain(world, id)).health).toBe('ok')
  })
})

test('no password is in any table, log leaf, capture or answer', async () => {
  const { id } = await read({})
  await world.perform('connections.update', actions['connections.update'], { id, secrets: { password: `${CANARY}-2` } })
  const tables = await world.owner.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  )
  for (const { name } of tables.rows) {
    const { rows } = await world.owner.query<{ text: string }>(`select t::text as text from ${name} t`)
    for (const { text } of rows) {
      expect(text.includes(CANARY), name).toBe(false)
      expect(text.includes(Buffer.from(CANARY).toString('hex')), name).toBe(false)
      expect(text.includes(Buffer.from(CANARY).toString('base64').slice(0, 40)), name).toBe(false)
    }
  }
})
