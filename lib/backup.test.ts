// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backUp, type BackupOptions } from './backup.ts'
import { keepInstanceKey } from './instance-key.ts'
import { createLogger } from './log.ts'
import { startPostgres, type Postgres } from './postgres.ts'
import { Refused } from './refused.ts'
import { restore } from './restore.ts'

const log = createLogger({ level: 'silent' })
const key = Buffer.alloc(32, 3)
let folder: string
let dataDir: string
let postgres: Postgres
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-backup-'))
  dataDir = join(folder, 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  for (const file of ['instance.key', 'secrets/assay.key']) keepInstanceKey(join(dataDir, file), key)
  for (const [file, text] of [
    ['blobs/org_1/ab/cd/abcd', 'ciphertext'],
    ['blobs/org_1/ab/cd/ef.0.part', 'half a file'],
    ['ledger/org_1/checkpoint', 'a checkpoint'],
    ['ledger/org_1/tile/0/000', 'a tile'],
    ['signer/last-signed/a%2Fb', 'a tree'],
    ['inbox/upload', 'an upload that waits'],
    ['note.txt', 'a file of the owner'],
  ] as const) {
    mkdirSync(join(dataDir, file, '..'), { recursive: true })
    writeFileSync(join(dataDir, file), text)
  }
  postgres = await quickPostgres(dataDir)
  await asOwner("create table record as select n, repeat('x', 200) as text from generate_series(1, 20000) n")
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

let target: string
let restored: string
beforeEach(() => {
  target = join(folder, 'backup')
  restored = join(folder, 'restored')
})
afterEach(() => {
  for (const name of readdirSync(folder))
    if (!name.startsWith('data')) rmSync(join(folder, name), { recursive: true, force: true })
})

/** What a test needs to be safe from is not the power going out. */
const quickPostgres = (data: string): Promise<Postgres> =>
  startPostgres({ dataDir: join(data, 'postgres'), log, settings: { fsync: 'off', autovacuum: 'off' } })

async function asOwner(...statements: string[]): Promise<void> {
  const client = new pg.Client(postgres.connection('owner'))
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** How many records a database has that is started on a folder. */
async function countIn(dataFolder: string): Promise<number> {
  const copy = await quickPostgres(dataFolder)
  const client = new pg.Client(copy.connection('owner'))
  await client.connect()
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from record')
  await client.end()
  await copy.stop()
  return rows[0]?.count ?? -1
}

const taken = (options: Partial<BackupOptions> = {}) =>
  backUp({
    ...{ dataDir, target, key, keyFile: join(dataDir, 'instance.key'), now: new Date('2026-03-02T09:00:00Z') },
    owner: postgres.connection('owner'),
    prove: async (copy) => [{ org: 'org_1', size: await countIn(copy), root: '', doubts: [] }],
    tell: () => undefined,
    ...options,
  })

const broughtBack = async (): Promise<number> => {
  const givenKey = join(dataDir, 'instance.key')
  await restore({ source: target, dataDir: restored, keyFile: givenKey, givenKey, tell: () => undefined })
  return await countIn(restored)
}

/** Does something to the database over and over while something else is under way. */
async function during<T>(work: () => Promise<T>, turn: (client: pg.Client, n: number) => Promise<unknown>): Promise<T> {
  const client = new pg.Client(postgres.connection('owner'))
  await client.connect()
  let over = false
  const busy = (async () => {
    for (let n = 0; !over; n++) await turn(client, n)
  })()
  try {
    return await work()
  } finally {
    over = true
    await busy
    await client.end()
  }
}

const refusal = async (work: Promise<unknown>): Promise<[string, string]> => {
  try {
    await work
  } catch (error) {
    if (error instanceof Refused) return [error.code, error.message]
    throw error
  }
  return ['done', '']
}
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.includes('.part'))

describe('a backup', { timeout: 120_000 }, () => {
  it('starts after restore, however often the server checkpoints and recycles its log meanwhile', async () => {
    await during(taken, async (client, n) => {
      await client.query('update record set text = $1 where n = $2', [`changed ${n}`, n % 20000])
      await client.query('select pg_switch_wal()')
      await client.query('checkpoint')
    })
    expect(await broughtBack()).toBe(20000)
  })

  it('is not kept from its end by tables that are made and dropped meanwhile', async () => {
    await during(taken, async (client, n) => {
      const tables = Array.from({ length: 60 }, (_, i) => `made_${n}_${i}`)
      await client.query(tables.map((name) => `create table ${name} as select generate_series(1, 500)`).join(';'))
      await client.query(`drop table ${tables.join(', ')}`)
      await client.query('checkpoint') // only now their files go
    })
    expect(await broughtBack()).toBe(20000)
  })

  it('never holds a signer or a publication that is newer than its database, nor a checkpoint newer than its tiles', async () => {
    await asOwner('create table leaf as select 0 as n')
    const at = {
      tile: 'ledger/org_1/tile/0/000',
      checkpoint: 'ledger/org_1/checkpoint',
      signer: 'signer/last-signed/a%2Fb',
    }
    // As the ledger writes them: whole, or not at all.
    const write = (n: number): void => {
      for (const name of Object.values(at)) {
        writeFileSync(join(folder, 'aside'), `${n}`)
        renameSync(join(folder, 'aside'), join(dataDir, name))
      }
    }
    write(0)
    const numberIn = (name: string): number => Number(readFileSync(join(target, name), 'utf8'))
    await during(taken, async (client, n) => {
      await client.query('insert into leaf values ($1)', [n])
      write(n)
    })
    const copy = await quickPostgres(target)
    const client = new pg.Client(copy.connection('owner'))
    await client.connect()
    const { rows } = await client.query<{ last: number }>('select max(n) as last from leaf')
    await client.end()
    await copy.stop()
    expect(numberIn(at.checkpoint)).toBeLessThanOrEqual(numberIn(at.tile))
    for (const name of Object.values(at)) expect(numberIn(name)).toBeLessThanOrEqual(rows[0]?.last ?? -1)
  })

  it('does not touch what lies at its target, and says what', async () => {
    mkdirSync(target)
    writeFileSync(join(target, 'mine'), 'kept')
    expect(await refusal(taken())).toEqual(['EXISTS', expect.stringContaining(target)])
    expect(readdirSync(target)).toEqual(['mine'])
    rmSync(target, { recursive: true })
    writeFileSync(target, 'a file')
    expect((await refusal(taken()))[0]).toBe('EXISTS')
    expect(readFileSync(target, 'utf8')).toBe('a file')
  })

  it('is not made inside the folder that it copies, not even by way of a link', async () => {
    symlinkSync(dataDir, join(folder, 'link'))
    for (const inside of [join(dataDir, 'backups/today'), join(folder, 'link/today')])
      expect((await refusal(taken({ target: inside })))[0]).toBe('BACKUP_INSIDE')
    rmSync(join(dataDir, 'backups'), { recursive: true })
  })

  it('whose copy does not start is thrown away', async () => {
    const prove = async (copy: string): Promise<[]> => {
      rmSync(join(copy, 'postgres/pg_wal'), { recursive: true })
      await countIn(copy)
      return []
    }
    expect((await refusal(taken({ prove })))[0]).toBe('DATABASE_FOLDER')
    expect([existsSync(target), leftovers()]).toEqual([false, []])
  })

  it('of a folder that is backed up to the same place just now waits for nobody and says so', async () => {
    const [first, second] = await Promise.all([refusal(taken()), refusal(taken())])
    expect([first[0], second[0]].toSorted()).toEqual(['UNDER_WAY', 'done'])
  })

  it('of a server that stops under way is refused and leaves nothing', async () => {
    const other = join(folder, 'other')
    cpSync(join(dataDir, 'signer'), join(other, 'signer'), { recursive: true })
    const server = await quickPostgres(other)
    const owner = server.connection('owner')
    const backup = refusal(taken({ dataDir: other, owner }))
    for (let wait = 0; !existsSync(`${target}.assay.part/postgres/base`) && wait < 500; wait++)
      await new Promise((done) => setTimeout(done, 10))
    await server.stop()
    expect((await backup)[0]).toBe('SERVER_STOPPED')
    expect((await refusal(taken({ dataDir: other, owner })))[0]).toBe('NOT_RUNNING')
    expect([existsSync(target), leftovers()]).toEqual([false, []])
  })
})

describe('a backup that was taken', { timeout: 120_000 }, () => {
  const place = (): string => join(folder, 'data-backup')
  let said: Awaited<ReturnType<typeof backUp>>
  beforeAll(async () => {
    mkdirSync(join(folder, 'data-backup.assay.part/postgres'), { recursive: true })
    writeFileSync(join(folder, 'data-backup.assay.part/postgres/half'), 'of a backup that was killed')
    said = await taken({ target: place(), keyFile: join(dataDir, 'secrets/assay.key') })
  }, 120_000)

  it('holds the files, without what is half written, waits in the inbox, or was left by one that was killed', () => {
    expect(said.files).toBeGreaterThan(900)
    expect(said.bytes).toBeGreaterThan(20_000_000)
    const names = readdirSync(place(), { recursive: true, encoding: 'utf8' })
    const others = names.filter((name) => !/^postgres(?:$|\/)/.test(name) && statSync(join(place(), name)).isFile())
    expect(others.toSorted()).toEqual([
      'backup.json',
      'blobs/org_1/ab/cd/abcd',
      'ledger/org_1/checkpoint',
      'ledger/org_1/tile/0/000',
      'note.txt',
      'signer/last-signed/a%2Fb',
    ])
    expect(names).not.toContain('postgres/half')
    expect(leftovers()).toEqual([])
  })

  it('does not hold the key that opens it, wherever that lies', () => {
    expect(spawnSync('grep', ['-rq', key.toString('hex'), place()]).status).toBe(1)
  })

  it('leaves no slot in the server that would keep its log', async () => {
    const client = new pg.Client(postgres.connection('owner'))
    await client.connect()
    const { rows } = await client.query('select slot_name from pg_replication_slots')
    await client.end()
    expect(rows).toEqual([])
  })
})
