// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { checkLedger } from '../features/ledger/checking.actions.ts'
import { settleCopy } from '../features/ledger/copy.actions.ts'
import { guardLedgers } from '../features/ledger/guard.actions.ts'
import { demandInstanceKey } from '../features/ledger/instance-key.store.ts'
import type { LedgerInBackup } from '../lib/backup-list.ts'
import { backUp } from '../lib/backup.ts'
import { diskBlobs } from '../lib/blobs.ts'
import { loadConfig, type Config } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { instanceKeyId, readInstanceKey } from '../lib/instance-key.ts'
import { createLogger } from '../lib/log.ts'
import { startPostgres, type Postgres } from '../lib/postgres.ts'
import { Refused } from '../lib/refused.ts'
import { restore } from '../lib/restore.ts'
import { readRunning } from '../lib/running.ts'
import { toBase64 } from '../proof/bytes.ts'

/** `assay backup` and `assay restore`: only for whoever reads the data folder. */
export function addBackupCommands(program: Command, told: (work: () => Promise<void>) => Promise<void>): void {
  program
    .command('backup <folder>')
    .description('Copy the data of the running server to a new folder and prove the copy; the server keeps working.')
    .action((folder: string) => told(() => backup(resolve(folder), program.opts<{ json?: boolean }>().json === true)))
  program
    .command('restore <folder>')
    .description('Check a backup and make it the data folder (ASSAY_DATA) of a server that is not running.')
    .option('--key <file>', 'Your copy of the key that opens it, unless ASSAY_KEY_FILE names it')
    .action((folder: string, { key }: { key?: string }) => told(() => bringBack(resolve(folder), key)))
}

async function backup(target: string, json: boolean): Promise<void> {
  const config = loadConfig(process.env)
  refuseOwnDatabase(config, 'backup')
  const { dataDir, keyFile } = config
  const { owner } = readRunning(dataDir)
  const key = readInstanceKey(keyFile)
  if (!key)
    throw new Refused(
      'KEY_MISSING',
      `expected the key of this instance in ${keyFile}; set ASSAY_KEY_FILE as for the server`,
    )
  const prove = (copy: string): Promise<LedgerInBackup[]> => proveCopy(copy, config, key)
  const { files, bytes, ledgers } = await backUp({ ...config, target, owner, key, now: new Date(), prove, tell })
  const id = instanceKeyId(key)
  const doubts = ledgers.flatMap(({ org, doubts: found }) => found.map((doubt) => `${org}: ${doubt}`))
  if (json) print(JSON.stringify({ folder: target, files, bytes, key: { id, file: keyFile }, ledgers }, null, 2))
  else {
    print(
      `Backed up ${files} files, ${Math.ceil(bytes / 1024 / 1024)} MB, to ${target}. The copy was started and comes up.`,
    )
    print(`The key that opens it is not in it: keep a copy of ${keyFile} (${id}) elsewhere.`)
    print('Without that file nobody can restore this backup.')
  }
  if (doubts.length > 0)
    throw new Refused(
      'LEDGER_IN_DOUBT',
      `the backup is kept, but its ledger does not verify: ${doubts.join('; ')}. If "assay ledger check" says the same of the server, the damage was there before`,
    )
  if (!json) print('Every ledger in it was verified from its first byte, with every stored file.')
}

async function bringBack(source: string, given: string | undefined): Promise<void> {
  const config = loadConfig(process.env)
  refuseOwnDatabase(config, 'restore')
  const { dataDir, keyFile } = config
  const givenKey = given === undefined ? undefined : resolve(given)
  const { count, made_at, ledgers } = await restore({ source, dataDir, keyFile, givenKey, tell })
  const doubts = ledgers.flatMap(({ doubts: found }) => found)
  print(
    `Restored ${count} files as of ${made_at} to ${dataDir}. Start Assay; it looks at the ledger before it signs anything.`,
  )
  for (const doubt of doubts) print(`Known when it was made: ${doubt}`)
}

/** @throws Refused OWN_DATABASE saying what to do instead */
function refuseOwnDatabase({ databaseUrl, dataDir, keyFile }: Config, what: 'backup' | 'restore'): void {
  if (databaseUrl === undefined) return
  const order =
    what === 'backup'
      ? `copy ${join(dataDir, 'signer')} and ${join(dataDir, 'ledger')} first, then the database with your own tools (pg_dump, pgBackRest, snapshots), then ${join(dataDir, 'blobs')} and ${join(dataDir, 'bundles')}`
      : `put back the database with your own tools, then the folders signer, ledger, blobs and bundles in ${dataDir}`
  throw new Refused(
    'OWN_DATABASE',
    `assay ${what} works on the embedded database, and DATABASE_URL names one of your own: ${order}; the key in ${keyFile} is kept apart`,
  )
}

/** Findings of a ledger that are told; the server tells all. */
const TOLD_MOST = 5

/**
 * Starts the database of a copy where it lies, as a restored server would, and looks at every ledger from its first byte
 * with every stored file. @throws Refused COPY_DAMAGED when it does not start, WRONG_KEY
 */
async function proveCopy(copy: string, config: Config, kek: Buffer): Promise<LedgerInBackup[]> {
  const log = createLogger({ level: 'silent' })
  const postgres = await startCopy(join(copy, 'postgres'), log)
  const database = new Database(postgres.connection('assay_sequencer'), { kek })
  const db = new Database(postgres.connection('assay_app'), { kek })
  try {
    const key = { file: config.keyFile, isNew: false }
    await database.tenant({ org: '', actor: 'system' }, (tx) => demandInstanceKey(tx, key), 'read')
    const settled = await settleCopy({ database, copy, original: config.dataDir })
    const guarded = await guardLedgers({ database, dataDir: copy, log })
    const options = {
      dataDir: copy,
      blobs: diskBlobs(join(copy, 'blobs')),
      authorities: config.timestampAuthorities,
    }
    const ledgers: LedgerInBackup[] = []
    for (const { org, frozen } of guarded) {
      const check = await db.tenant({ org, actor: 'system' }, (tx) => checkLedger(tx, options), 'read')
      const findings = check.findings.map(({ place, says }) => `${place}: ${says}`).slice(0, TOLD_MOST)
      const more = check.found > TOLD_MOST ? [`${check.found - TOLD_MOST} findings more`] : []
      const doubts = [settled.get(org), frozen, ...findings, ...more].filter((doubt) => doubt !== undefined)
      ledgers.push({ org, size: check.size, root: toBase64(check.root), doubts })
    }
    return ledgers
  } finally {
    await database.close()
    await db.close()
    await postgres.stop()
  }
}

async function startCopy(dataDir: string, log: ReturnType<typeof createLogger>): Promise<Postgres> {
  try {
    return await startPostgres({ dataDir, log, settings: { autovacuum: 'off', shared_buffers: '32MB' } })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new Refused('COPY_DAMAGED', `the copy does not start, so it was thrown away. ${error.message}`)
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const tell = (step: string): void => void process.stderr.write(`${step}…\n`)
