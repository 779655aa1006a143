// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { Refused } from './refused.ts'

/** One forward-only step of the schema. */
export interface Migration {
  readonly name: string
  /** The slice that alone writes the step's tables, from its first line: `-- owner: features/people`. */
  readonly owner: string
  readonly text: string
  readonly sha256: string
}

export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const owner = /^-- owner: (\S+)\n/.exec(text)?.[1]
      if (!owner) throw new Error(`${file}: expected "-- owner: <slice>" on the first line`)
      return { name: file.slice(0, -4), owner, text, sha256: createHash('sha256').update(text).digest('hex') }
    })
}

/**
 * Brings the schema up to date: each step in a transaction of its own, under one lock, exactly once however many
 * servers start together. @throws Refused SCHEMA_CHANGED when a step that ran has another text now, SCHEMA_TOO_NEW
 * when the database knows steps that this version does not.
 */
export async function migrate(config: pg.ClientConfig, migrations: readonly Migration[]): Promise<string[]> {
  const client = new pg.Client(config)
  // A connection that breaks fails the statement that waits on it; the event besides would end the process without a word.
  client.on('error', () => undefined)
  await client.connect()
  try {
    // 0x41535359 spells "ASSY"; a session lock, released with the connection, so a killed migrator blocks nobody.
    await client.query('select pg_advisory_lock(1095980889)')
    await client.query(
      'create table if not exists schema_migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migration')
    const applied = new Map(rows.map((row) => [row.name, row.sha256]))
    const known = new Set(migrations.map((migration) => migration.name))
    const newer = [...applied.keys()].filter((name) => !known.has(name))
    if (newer.length > 0)
      throw new Refused(
        'SCHEMA_TOO_NEW',
        `the database was written by a newer Assay (${newer.join(', ')}); start that version`,
      )
    const ran: string[] = []
    for (const migration of migrations) {
      const before = applied.get(migration.name)
      if (before === migration.sha256) continue
      if (before !== undefined)
        throw new Refused(
          'SCHEMA_CHANGED',
          `migration ${migration.name} was changed after it ran; add a new one instead`,
        )
      await client.query('begin')
      try {
        await client.query(migration.text)
        await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [
          migration.name,
          migration.sha256,
        ])
        await client.query('commit')
      } catch (error) {
        // A connection that broke cannot ask; the database rolls back by itself then.
        await Promise.allSettled([client.query('rollback')])
        throw new Error(`migration ${migration.name} failed and was rolled back`, { cause: error })
      }
      ran.push(migration.name)
    }
    return ran
  } finally {
    await client.end()
  }
}
