// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMigrations } from '../lib/migrate.ts'
import { sql } from '../lib/db.ts'
import { createWorld, type World } from './world.ts'

/*
 * What the database itself must guarantee about tenants, read from its own catalogs: a table that somebody adds tomorrow
 * is held to it without anybody remembering this file.
 */

/** Tables of the instance. The server's role must not reach them. */
const WITHOUT_TENANT = ['attempt', 'schema_migration', 'setup_token']

/** Unique over all tenants, because a door looks them up before the tenant is known; all are random or carry the tenant. */
const UNIQUE_EVERYWHERE = [
  'api_key.api_key_id_key',
  'invitation.invitation_token_sha256_key',
  'ledger_log.ledger_log_origin_key',
  'session.session_token_sha256_key',
  'ticket.ticket_token_sha256_key',
]

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const rows = async <R extends object>(text: string): Promise<R[]> => (await world.owner.query<R>(text)).rows
const names = async (text: string): Promise<string[]> => (await rows<{ name: string }>(text)).map(({ name }) => name)

/** Tables of the schema, those with a tenant apart from those without. */
const TABLES = `
  select c.oid, c.relname as name, c.relrowsecurity as is_fenced, c.relforcerowsecurity as is_forced,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and a.attnotnull) as has_tenant
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`

describe('every table', () => {
  test('has a tenant, but for the few of the instance, which the server’s role cannot reach', async () => {
    expect(await names(`select name from (${TABLES}) t where not has_tenant order by name`)).toEqual(WITHOUT_TENANT)
    const reachable = await names(`
      select distinct table_name as name from information_schema.role_table_grants
      where grantee in ('assay_app', 'PUBLIC') and table_schema = 'public' and table_name = any('{${WITHOUT_TENANT.join(',')}}')`)
    expect(reachable).toEqual([])
  })

  test('is written by the slice that its migration names', () => {
    const owners = new Map<string, string>()
    for (const { name, owner, text } of readMigrations('db/migrations')) {
      expect(owner, name).toMatch(/^(lib|features\/[a-z]+)$/)
      for (const [, table = ''] of text.matchAll(/^create (?:unlogged )?table (?:if not exists )?(\w+)/gm)) {
        expect(owners.has(table), `${table} is made once`).toBe(false)
        owners.set(table, owner)
      }
    }
    expect(owners.size).toBeGreaterThan(30)
  })
})

describe('every table of a tenant', () => {
  test('is fenced by row-level security that binds even its owner', async () => {
    expect(await names(`select name from (${TABLES}) t where has_tenant and not (is_fenced and is_forced)`)).toEqual([])
  })

  test('shows and takes rows of the transaction’s tenant only', async () => {
    const fence = `(org_id = ( SELECT current_org() AS current_org))`
    const fenced = await names(`
      select tablename as name from pg_policies
      where policyname = 'tenant' and permissive = 'PERMISSIVE' and cmd = 'ALL' and roles = '{public}'
        and qual = '${fence}' and with_check = '${fence}'`)
    expect(fenced.toSorted()).toEqual(await names(`select name from (${TABLES}) t where has_tenant order by name`))
  })

  test('opens to the server’s role by no other policy', async () => {
    // A restrictive policy takes away and is welcome; a permissive one gives, and only the narrow roles may be given.
    expect(
      await names(`
        select tablename || '.' || policyname as name from pg_policies
        where permissive = 'PERMISSIVE' and policyname <> 'tenant'
          and not roles <@ '{assay_sequencer,assay_door,assay_backup,assay_monitor}'`),
    ).toEqual([])
  })

  test('has the tenant first in its primary key and in every unique key', async () => {
    const keys = await rows<{ name: string; is_primary: boolean; first: string }>(`
      select c.relname || '.' || x.relname as name, i.indisprimary as is_primary, a.attname as first
      from pg_index i
      join (${TABLES}) t on t.oid = i.indrelid and t.has_tenant
      join pg_class c on c.oid = i.indrelid
      join pg_class x on x.oid = i.indexrelid
      left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where i.indisunique order by 1`)
    expect(keys.filter(({ is_primary, first }) => is_primary && first !== 'org_id')).toEqual([])
    expect(keys.filter(({ first }) => first !== 'org_id').map(({ name }) => name)).toEqual(UNIQUE_EVERYWHERE)
    const keyed = await names(`
      select t.name from (${TABLES}) t where has_tenant
        and not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)`)
    expect(keyed).toEqual([])
  })

  test('refers to rows of the same tenant only', async () => {
    const foreign = await names(`
      select c.conrelid::regclass || '.' || c.conname as name
      from pg_constraint c
      join (${TABLES}) target on target.oid = c.confrelid and target.has_tenant
      where c.contype = 'f' and not exists (
        select from unnest(c.conkey, c.confkey) as pair (from_column, to_column)
        join pg_attribute f on f.attrelid = c.conrelid and f.attnum = pair.from_column and f.attname = 'org_id'
        join pg_attribute t on t.attrelid = c.confrelid and t.attnum = pair.to_column and t.attname = 'org_id')`)
    expect(foreign).toEqual([])
  })

  test('is empty for the server’s role until it says for whom it asks', async () => {
    const tables = await names(`
      select table_name as name from information_schema.role_table_grants
      where grantee = 'assay_app' and privilege_type = 'SELECT' and table_schema = 'public' order by 1`)
    expect(tables.length).toBeGreaterThan(30)
    const client = await world.db.pool.connect()
    try {
      for (const table of tables) {
        const { rows: seen } = await client.query(`select from ${table} limit 1`)
        expect(seen, table).toEqual([])
      }
    } finally {
      client.release()
    }
  })

  test('takes no row of another tenant from the server’s role', async () => {
    const other = await world.organization('Another Company')
    await expect(
      world.tenant((tx) =>
        tx.run(sql`insert into source (org_id, kind, ref, name) values (${other}, 'person', 'x', 'smuggled')`),
      ),
    ).rejects.toThrow(/row-level security/)
    expect(await world.tenant((tx) => tx.run(sql`update organization set name = 'x' where org_id = ${other}`))).toBe(0)
  })
})

describe('every role of the database', () => {
  test('is no superuser, passes no fence, makes no roles, and owns no table', async () => {
    expect(
      await rows(`
        select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles
        where rolname like 'assay\\_%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`),
    ).toEqual([])
    expect(await names(`select tablename as name from pg_tables where tableowner like 'assay\\_%'`)).toEqual([])
    expect(await names(`select rolname as name from pg_roles where rolname = 'assay_door' and rolcanlogin`)).toEqual([])
  })

  test('can remove nothing from history', async () => {
    expect(
      await names(`
        select g.grantee || ' ' || g.privilege_type || ' ' || g.table_name as name
        from information_schema.role_table_grants g
        where g.grantee like 'assay\\_%' and g.privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER')
          and g.table_schema = 'public' and exists (
            select from pg_trigger t where t.tgrelid = ('public.' || quote_ident(g.table_name))::regclass
              and t.tgname ~ '^(append_only|close_only)')`),
    ).toEqual([])
  })

  test('has the rights on tables that were agreed', async () => {
    const grants = await names(`
      select grantee || ' ' || table_name || ': ' || string_agg(right_text, ', ' order by right_text) as name from (
        select grantee, table_name, lower(privilege_type) as right_text from information_schema.role_table_grants
        where grantee ~ '^assay_|^PUBLIC$' and table_schema = 'public'
        union all
        select c.grantee, c.table_name,
          lower(c.privilege_type) || ' (' || string_agg(c.column_name::text, ', ' order by c.column_name::text) || ')'
        from information_schema.role_column_grants c
        where c.grantee ~ '^assay_|^PUBLIC$' and c.table_schema = 'public' and not exists (
          select from information_schema.role_table_grants t
          where t.grantee = c.grantee and t.table_schema = c.table_schema and t.table_name = c.table_name
            and t.privilege_type = c.privilege_type)
        group by c.grantee, c.table_name, c.privilege_type
      ) g group by grantee, table_name order by 1`)
    await expect(grants.join('\n') + '\n').toMatchFileSnapshot('golden/grants.txt')
  })
})

test('functions that act with another role’s rights are the door’s, find only our schema, and are the server’s alone to call', async () => {
  const functions = await rows<{ name: string; owner: string; settings: string[]; rights: string }>(`
    select p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner) as owner, p.proconfig as settings,
      array_to_string(p.proacl, ' ') as rights
    from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1`)
  expect(functions.length).toBeGreaterThan(8)
  // These two take nothing and give nothing: they let the planner count, which only the owner of a table may.
  const counting = new Set(['count_facts_anew()', 'count_outcomes_anew()', 'count_subjects_anew()'])
  for (const { name, owner, settings, rights } of functions) {
    const whose = counting.has(name) ? 'owner' : 'assay_door'
    expect(owner, name).toBe(whose)
    expect(settings, name).toEqual(['search_path=public, pg_temp'])
    const holders = rights.split(' ').map((right) => right.split('=')[0] ?? '')
    expect(new Set(holders), name).toEqual(new Set(['assay_app', whose]))
  }
})
