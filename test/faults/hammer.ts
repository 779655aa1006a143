// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs'
import { appendLeaves } from '../../features/ledger/ledger.store.ts'
import { startSequencer } from '../../features/ledger/sequencer.actions.ts'
import { Database } from '../../lib/db.ts'
import { createLogger } from '../../lib/log.ts'

/** What a process of the kill trials is told; `node test/faults/hammer.ts '<JSON>'`. */
export interface Order {
  readonly does: 'write' | 'sequence'
  readonly host: string
  readonly port: number
  readonly kek: string
  readonly dataDir: string
  readonly org: string
  /** Where a writer notes what was acknowledged, one manifest a line. */
  readonly acks: string
}

const CLIENTS = 6

/** Appends as fast as the database allows, and notes each record only after its commit was acknowledged. */
function write(order: Order, db: Database, client: number): void {
  const turn = async (): Promise<void> => {
    const made = await db.tenant({ org: order.org, actor: `usr_${client}` }, (tx) =>
      appendLeaves(
        tx,
        Array.from({ length: 1 + (client % 3) }, (_, i) => ({
          kind: 'state' as const,
          stream: `client:${client % 4}`,
          predicate: { client, i },
        })),
      ),
    )
    appendFileSync(order.acks, made.map(({ manifest }) => `${manifest}\n`).join(''))
  }
  const loop = (): void => {
    // The database is killed under us on purpose; what was not acknowledged is not noted.
    turn().then(loop, () => setTimeout(loop, 20))
  }
  loop()
}

function main(order: Order): void {
  const user = order.does === 'write' ? 'assay_app' : 'assay_sequencer'
  const { host, port } = order
  const db = new Database({ host, port, user, database: 'postgres' }, { kek: Buffer.from(order.kek, 'hex') })
  if (order.does === 'write') for (let client = 0; client < CLIENTS; client++) write(order, db, client)
  else
    startSequencer({
      database: db,
      dataDir: order.dataDir,
      log: createLogger({ level: 'silent' }),
      intervalMs: 5,
    })
}

const [, , argument] = process.argv
if (import.meta.filename === process.argv[1] && argument) main(JSON.parse(argument) as Order)
