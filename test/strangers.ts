// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import type pg from 'pg'

/*
 * Another tenant's rows for tests that try to reach them: one row in every table, made from the catalogs alone, so that a
 * table added tomorrow has one too. Values are whatever the constraints take; what matters is that each row can be found
 * by its id, and that its words carry the canary.
 */

export const CANARY = 'canary-of-another-tenant'
/** An id of no particular form; unlike the canary it may be echoed to whoever asked for it. */
const STRANGE_ID = 'id-of-another-tenant'

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly is_nullable: boolean
  /** Made by the database. */
  readonly is_identity: boolean
  /** Texts of the check constraints that mention the column. */
  readonly checks: readonly string[]
}

export interface Strangers {
  /** Ids found in the rows: of text, `con_…`, `access-reviews`; of number, 1. */
  readonly ids: readonly (string | number)[]
  /** Tables for which no row could be made. */
  readonly missing: readonly string[]
}

/** Puts one row of a tenant into every table. @param client the owner; triggers and foreign keys sleep meanwhile */
export async function addStrangers(pool: pg.Pool, org: string): Promise<Strangers> {
  const client = await pool.connect()
  try {
    const { rows: columns } = await client.query<Column>(COLUMNS)
    const tables = new Map<string, Column[]>()
    for (const column of columns) tables.set(column.table, [...(tables.get(column.table) ?? []), column])
    const missing: string[] = []
    await client.query(`set session_replication_role = replica`)
    for (const [table, list] of tables) {
      let made = 0
      for (const prefix of [undefined, ...prefixesOf(table)])
        if (await addRow(client, table, list, { org, prefix })) made++
      const { rowCount } = await client.query(`select from ${quote(table)} where org_id = $1 limit 1`, [org])
      if (made === 0 && rowCount === 0) missing.push(table)
    }
    await client.query(`set session_replication_role = origin`)
    return { ids: await idsOf(client, columns, org), missing }
  } finally {
    client.release(true)
  }
}

const COLUMNS = `
  select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull as is_nullable,
    a.attidentity <> '' as is_identity,
    array(select pg_get_constraintdef(k.oid) from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any(k.conkey)) as checks
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attgenerated = ''
    and exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id')
  order by c.oid, a.attnum`

const TRIES = 200

/** Tries combinations of values that the columns' own constraints suggest until the table takes one. */
async function addRow(
  client: pg.PoolClient,
  table: string,
  columns: readonly Column[],
  { org, prefix }: { readonly org: string; readonly prefix: string | undefined },
): Promise<boolean> {
  const written = columns.filter(({ is_identity }) => !is_identity)
  const candidates = written.map((column) => {
    if (column.name === 'org_id') return [org]
    return prefix !== undefined && column.name === 'id' && column.type === 'text'
      ? [idWith(prefix)]
      : candidatesOf(column)
  })
  const sql = `insert into ${quote(table)} (${written.map(({ name }) => quote(name)).join(', ')})
    values (${written.map(({ type }, i) => `$${i + 1}::${type}`).join(', ')})`
  const random = randomFrom(table)
  for (let n = 0; n < TRIES; n++) {
    // First every column's likeliest value, then its second, then any.
    const values = candidates.map((list) => list[n < 2 ? Math.min(n, list.length - 1) : random(list.length)])
    try {
      await client.query(sql, values)
      return true
    } catch (error) {
      // 23: the row breaks a constraint; 22: a value is none of its type.
      if (!(error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code)))) throw error
    }
  }
  return false
}

const idWith = (prefix: string): string => `${prefix}_${'9'.repeat(26)}`

let stores: readonly string[] | undefined
/** Prefixes of the ids that the store of a table makes, so that its rows have ids of the form that doors take. */
function prefixesOf(table: string): string[] {
  stores ??= globSync('features/*/*.store.ts').map((file) => readFileSync(file, 'utf8'))
  const writers = stores.filter((text) => new RegExp(`insert into ${table}\\b`).test(text))
  const found = writers.flatMap((text) => Array.from(text.matchAll(/newId\('([a-z]+)'/g), ([, prefix = '']) => prefix))
  return [...new Set(found)]
}

function candidatesOf({ name, type, is_nullable, checks }: Column): unknown[] {
  const nulls = is_nullable ? [null] : []
  switch (type) {
    case 'text':
      return [...textsOf(name, checks.join(' ')), ...nulls]
    case 'text[]':
      return [[CANARY], ...wordsOf(checks.join(' ')).map((word) => [word]), [], ...nulls]
    case 'boolean':
      return [true, false, ...nulls]
    case 'smallint':
    case 'integer':
    case 'bigint':
      return [1, 0, 2, ...nulls]
    case 'bytea':
      return [...[32, 8192, 64].map((size) => Buffer.alloc(size, name)), ...nulls]
    case 'bytea[]':
    case 'bigint[]':
    case 'integer[]':
      return [[], ...nulls]
    case 'json':
    case 'jsonb':
      return [JSON.stringify({ word: CANARY }), '[]', JSON.stringify([CANARY]), ...nulls]
    case 'timestamp with time zone':
      return ['2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', ...nulls, '2027-01-01T00:00:00Z']
    case 'date':
      return ['2026-03-01', '2026-03-31', ...nulls]
    case 'numeric':
    case 'double precision':
    case 'real':
      return [1, 0, ...nulls]
    default:
      throw new Error(`test/strangers.ts knows no value for the type ${type} of ${name}`)
  }
}

function textsOf(name: string, checks: string): string[] {
  const prefix = /\^([a-z]{2,4})_\[0-9a-z\]\{26\}/.exec(checks)?.[1]
  if (prefix !== undefined) return [idWith(prefix)]
  const formed = Array.from(checks.matchAll(/\(\(?(\w+) ~ '([^']+)'::text/g), ([, column, pattern = '']) =>
    column === name ? fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 1, seed: 1 }) : [],
  ).flat()
  const isId = name === 'id' || name.endsWith('_id')
  return [...formed, ...wordsOf(checks), isId ? STRANGE_ID : CANARY, `${CANARY}@example.test`]
}

/** The words that a check such as `kind in ('a', 'b')` lists. */
const wordsOf = (checks: string): string[] => Array.from(checks.matchAll(/'([\w-]+)'::text/g), ([, word = '']) => word)

/** Everything that names a row of the tenant, where a query could take it for one of its own. */
async function idsOf(client: pg.PoolClient, columns: readonly Column[], org: string): Promise<(string | number)[]> {
  const ids = new Set<string | number>()
  for (const { table, name, type } of columns) {
    const isText = type === 'text' && /(^|_)(id|sha256|manifest)$/.test(name)
    const isNumber = type === 'bigint' && /(^|_)id$/.test(name)
    if (!isText && !isNumber) continue
    const { rows } = await client.query<{ id: string | number | null }>(
      `select distinct ${quote(name)} as id from ${quote(table)} where org_id = $1 limit 20`,
      [org],
    )
    for (const { id } of rows) if (id !== null && !String(id).includes(CANARY)) ids.add(id)
  }
  return [...ids]
}

/** A fingerprint of all rows of a tenant, by table: what must not change when somebody else acts. */
export async function fingerprint(pool: pg.Pool, org: string): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`)
  const prints: Record<string, string> = {}
  for (const { name } of rows) {
    const { rows: found } = await pool.query<{ print: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') as print
       from ${quote(name)} t where org_id = $1`,
      [org],
    )
    prints[name] = found[0]?.print ?? ''
  }
  return prints
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Numbers below a bound that are the same in every run. */
function randomFrom(seed: string): (bound: number) => number {
  let state = Array.from(seed).reduce((sum, sign) => (Math.imul(sum, 31) + sign.charCodeAt(0)) >>> 0, 7)
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}
