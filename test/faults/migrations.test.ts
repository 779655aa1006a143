// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { migrate, readMigrations, type Migration } from '../../lib/migrate.ts'

/** A schema that is changed while the power goes out, or by two at once: old or new, never between. */

const { host, port } = inject('postgres')
const all = readMigrations('db/migrations')
const connection = (database: string) => ({ host, port, user: 'owner', database })
let admin: pg.Client
const made: string[] = []

beforeAll(async () => {
  admin = new pg.Client(connection('postgres'))
  await admin.connect()
})
afterAll(async () => {
  for (const name of made) await admin.query(`drop database ${name} with (force)`)
  await admin.end()
})
async function emptyDatabase(): Promise<string> {
  const name = `migrated_${process.pid}_${made.length}`
  await admin.query(`create database ${name}`)
  made.push(name)
  return name
}

async function inDatabase(database: string, statement: string): Promise<void> {
  const client = new pg.Client(connection(database))
  await client.connect()
  await client.query(statement)
  await client.end()
}

/** Everything that a migration can make, as one text. */
async function schemaOf(database: string): Promise<string[]> {
  const client = new pg.Client(connection(database))
  await client.connect()
  try {
    const { rows } = await client.query<{ line: string }>(`
      select concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default) as line
        from information_schema.columns where table_schema = 'public'
      union all select concat_ws(' ', 'constraint', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'public'::regnamespace
      union all select concat_ws(' ', 'index', indexdef) from pg_indexes where schemaname = 'public'
      union all select concat_ws(' ', 'function', oid::regprocedure, md5(prosrc), proacl::text) from pg_proc
        where pronamespace = 'public'::regnamespace
      union all select concat_ws(' ', 'policy', tablename, policyname, roles::text, qual, with_check) from pg_policies
      union all select concat_ws(' ', 'trigger', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
      union all select concat_ws(' ', 'rights', relname, relacl::text, relforcerowsecurity) from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r'
      order by line`)
    return rows.map(({ line }) => line)
  } finally {
    await client.end()
  }
}
const whole = (): Promise<string[]> => schemaOf('assay_template')

/** The statements of a migration; bodies between $$ stay in one. */
function statementsOf(text: string): string[] {
  const parts: string[] = []
  let from = 0
  let isQuoted = false
  for (const { 0: mark, index } of text.matchAll(/\$\$|;[^\S\n]*(?:--[^\n]*)?\n/g))
    if (mark === '$$') isQuoted = !isQuoted
    else if (!isQuoted) {
      parts.push(text.slice(from, index + mark.length))
      from = index + mark.length
    }
  return parts
}

/** A migration whose connection is cut right after its first `n` statements, as by a kill of the database. */
const cutAfter = (migration: Migration, n: number): Migration => ({
  ...migration,
  text: `${statementsOf(migration.text).slice(0, n).join('')}; select pg_terminate_backend(pg_backend_pid());`,
})

test('cut off in the middle of any migration, the schema is the one before, and the next start completes it', async () => {
  const database = await emptyDatabase()
  await migrate(connection(database), []) // makes the list of what ran
  let cuts = 0
  for (const [k, migration] of all.entries()) {
    const before = all.slice(0, k)
    const count = statementsOf(migration.text).length
    const old = await schemaOf(database)
    const step = Math.max(1, Math.floor(count / 4))
    for (let n = 1; n <= count; n += step) {
      await expect(migrate(connection(database), [...before, cutAfter(migration, n)])).rejects.toThrow()
      expect(await schemaOf(database)).toEqual(old)
      cuts++
    }
    // And when all of it ran but was not noted yet.
    await inDatabase(database, `alter table schema_migration add constraint cut check (name <> '${migration.name}')`)
    await expect(migrate(connection(database), [...before, migration])).rejects.toThrow('was rolled back')
    await inDatabase(database, 'alter table schema_migration drop constraint cut')
    expect(await schemaOf(database)).toEqual(old)
    expect(await migrate(connection(database), [...before, migration])).toEqual([migration.name])
  }
  expect(cuts).toBeGreaterThan(all.length)
  expect(await schemaOf(database)).toEqual(await whole())
})

test('four servers that start at once migrate once', async () => {
  const database = await emptyDatabase()
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(connection(database), all)))
  expect(ran.flat().toSorted()).toEqual(all.map(({ name }) => name))
  expect(ran.filter((names) => names.length > 0)).toHaveLength(1)
  expect(await schemaOf(database)).toEqual(await whole())
})

describe('a migrating process that is killed with kill -9', () => {
  test.each([0, 40, 150])('%i ms after its first step leaves nothing locked and nothing half', async (ms) => {
    const database = await emptyDatabase()
    const script = `
      const { migrate, readMigrations } = await import(${JSON.stringify(join(process.cwd(), 'lib/migrate.ts'))})
      process.stdout.write('begins')
      await migrate(${JSON.stringify(connection(database))}, readMigrations('db/migrations'))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const gone = new Promise((done) => child.once('close', done))
    await new Promise((begun) => child.stdout.once('data', begun))
    await new Promise((over) => setTimeout(over, ms))
    child.kill('SIGKILL')
    await gone
    await migrate(connection(database), all)
    expect(await schemaOf(database)).toEqual(await whole())
  })
})

test('a step that was changed after it ran, or that only a newer version knows, stops the start by name', async () => {
  const database = await emptyDatabase()
  await migrate(connection(database), all)
  const [first, ...rest] = all
  await expect(
    migrate(connection(database), [{ ...first!, text: `${first!.text} `, sha256: 'changed' }, ...rest]),
  ).rejects.toMatchObject({ code: 'SCHEMA_CHANGED' })
  await expect(migrate(connection(database), all.slice(0, -1))).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' })
  expect(await schemaOf(database)).toEqual(await whole())
})
