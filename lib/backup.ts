// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { Refused } from './refused.ts'

/** What a backup holds besides the files: when it was made, and the SHA-256 of every file in it. */
interface BackupList {
  readonly format: 'assay-backup/1'
  readonly made_at: string
  readonly files: Readonly<Record<string, string>>
}

const LIST = 'backup.json'
/** Of a PostgreSQL folder: what belongs to the running server, not to its data. */
const NOT_DATA = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
])
/** Of a data folder: what a restored server makes again. */
const NOT_KEPT = new Set(['postgres', 'postgres-lib', 'inbox', 'running.json'])

/**
 * Copies a running server's data folder: the embedded database by PostgreSQL's own online base backup, then everything
 * else. The database comes first, so every file a row names was there when the files were copied. The copy is hashed,
 * and is complete only when its list is written. @throws Refused BACKUP_EXISTS
 */
export async function backUp(options: {
  readonly dataDir: string
  readonly target: string
  readonly owner: pg.ClientConfig
  readonly now: Date
}): Promise<{ files: number; bytes: number }> {
  const { dataDir, target, owner, now } = options
  if (existsSync(target) && (await readdir(target)).length > 0)
    throw new Refused('BACKUP_EXISTS', `expected an empty or new folder for the backup, got ${target}`)
  await mkdir(target, { recursive: true, mode: 0o700 })
  await copyDatabase(join(dataDir, 'postgres'), join(target, 'postgres'), owner)
  for (const name of await readdir(dataDir)) {
    if (NOT_KEPT.has(name)) continue
    await cp(join(dataDir, name), join(target, name), { recursive: true, preserveTimestamps: true })
  }
  const files: Record<string, string> = {}
  let bytes = 0
  for await (const path of filesOf(target)) {
    files[relative(target, path).split(sep).join('/')] = await digestOf(path)
    bytes += (await stat(path)).size
  }
  const list: BackupList = { format: 'assay-backup/1', made_at: now.toISOString(), files }
  await writeFile(join(target, LIST), JSON.stringify(list, null, 1), { mode: 0o600, flush: true })
  return { files: Object.keys(files).length, bytes }
}

async function copyDatabase(from: string, to: string, owner: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(owner)
  await client.connect()
  try {
    await client.query("select pg_backup_start('assay', true)")
    const filter = (path: string): boolean => {
      const [top, second] = relative(from, path).split(sep)
      return (
        !(top !== undefined && NOT_DATA.has(top) && second !== undefined) &&
        top !== 'postmaster.pid' &&
        top !== 'postmaster.opts'
      )
    }
    await cp(from, to, { recursive: true, filter })
    const { rows } = await client.query<{ labelfile: string; spcmapfile: string }>('select * from pg_backup_stop(true)')
    const label = rows[0]
    if (!label) throw new Error('pg_backup_stop answered nothing')
    await writeFile(join(to, 'backup_label'), label.labelfile, { mode: 0o600 })
    // The log up to the end of the backup replaces the older one copied with the files: without it there is no end.
    await rm(join(to, 'pg_wal'), { recursive: true, force: true })
    await cp(join(from, 'pg_wal'), join(to, 'pg_wal'), { recursive: true })
  } finally {
    await client.end()
  }
}

/**
 * Puts a backup in place of a data folder that does not exist yet, after checking every file against the list.
 * @throws Refused NOT_A_BACKUP, BACKUP_DAMAGED naming the files, DATA_EXISTS
 */
export async function restore(options: {
  readonly source: string
  readonly dataDir: string
}): Promise<{ files: number; made_at: string }> {
  const { source, dataDir } = options
  if (existsSync(dataDir) && (await readdir(dataDir)).length > 0)
    throw new Refused('DATA_EXISTS', `expected no data in ${dataDir}; move it away first, nothing is overwritten`)
  const list = await readList(source)
  const wrong: string[] = []
  const found = new Set<string>()
  for await (const path of filesOf(source)) {
    const name = relative(source, path).split(sep).join('/')
    if (name === LIST) continue
    found.add(name)
    if (list.files[name] !== (await digestOf(path))) wrong.push(name)
  }
  for (const name of Object.keys(list.files)) if (!found.has(name)) wrong.push(`${name} (missing)`)
  if (wrong.length > 0)
    throw new Refused(
      'BACKUP_DAMAGED',
      `${wrong.length} files are not what was backed up: ${wrong.slice(0, 5).join(', ')}`,
    )
  await cp(source, dataDir, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => relative(source, path) !== LIST,
  })
  return { files: found.size, made_at: list.made_at }
}

async function readList(source: string): Promise<BackupList> {
  const refused = new Refused('NOT_A_BACKUP', `expected a folder made by "assay backup" with ${LIST}, got ${source}`)
  if (!existsSync(join(source, LIST))) throw refused
  const list = JSON.parse(await readFile(join(source, LIST), 'utf8')) as BackupList
  if (list.format !== 'assay-backup/1') throw refused
  return list
}

async function* filesOf(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesOf(path)
    else if (entry.isFile()) yield path
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
