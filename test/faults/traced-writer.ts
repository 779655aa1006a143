// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { appendLeaf } from '../../features/ledger/ledger.store.ts'
import { openSequencer } from '../../features/ledger/sequencer.actions.ts'
import { diskBlobs } from '../../lib/blobs.ts'
import { Database } from '../../lib/db.ts'
import { createLogger } from '../../lib/log.ts'
import { Refused } from '../../lib/refused.ts'

/** What the process of the system call trials is told; `node test/faults/traced-writer.ts '<JSON>'`. */
export interface Task {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly kek: string
  readonly dataDir: string
  readonly org: string
}

/** Records that a trial makes, each with a stored file and a publication of its own. */
export const RECORDS = 3

/** One line of standard output, by the main thread: the traced thread is the one that does the files. */
const say = (line: string): void => void writeSync(1, `${line}\n`)

/**
 * Stores a file, records it, says so, and publishes; three times. Waits for a line on standard input before, so that a
 * tracer can take hold of the thread that does the files: there is one (UV_THREADPOOL_SIZE=1).
 */
async function main(task: Task): Promise<void> {
  const { host, port, database, org } = task
  const kek = Buffer.from(task.kek, 'hex')
  const pool = (user: string): Database => new Database({ host, port, database, user, max: 2 }, { kek })
  const db = pool('assay_app')
  const sequencing = pool('assay_sequencer')
  const blobs = diskBlobs(join(task.dataDir, 'blobs'))
  const sequencer = openSequencer({
    database: sequencing,
    dataDir: task.dataDir,
    log: createLogger({ level: 'silent' }),
  })
  await stat(task.dataDir) // the thread is there now
  say('ready')
  await once(process.stdin, 'data')
  process.stdin.destroy()
  for (let i = 0; i < RECORDS; i++) {
    try {
      const { name } = await blobs.put(org, randomBytes(5000))
      const { manifest } = await db.tenant({ org, actor: 'usr_traced' }, (tx) =>
        appendLeaf(tx, { kind: 'state', stream: 'traced', predicate: { blob: name } }),
      )
      say(`kept ${manifest} ${name}`)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      say(`refused ${error.code}`)
    }
    await sequencer.tick()
    if (sequencer.health().unwritten !== undefined) say('refused LEDGER_UNWRITTEN')
  }
  await sequencer.tick()
  await db.close()
  await sequencing.close()
  say('done')
}

const [, , argument] = process.argv
if (import.meta.filename === process.argv[1] && argument) await main(JSON.parse(argument) as Task)
