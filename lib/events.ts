// SPDX-License-Identifier: Apache-2.0
import pg from 'pg'
import { sql, type Tx } from './db.ts'

/** Something happened that an open page may want to show: names and counts only, never evidence. */
export interface Event {
  readonly org: string
  /** `run`, `ledger`, `task`, `import`… */
  readonly topic: string
  readonly data: Readonly<Record<string, string | number | boolean | null>>
}

const CHANNEL = 'assay_event'

/** Tells the open pages of the tenant, when and only when the transaction commits. Costs one statement. */
export async function publish(tx: Tx, topic: string, data: Event['data']): Promise<void> {
  const event: Event = { org: tx.org, topic, data }
  await tx.run(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(event)})`)
}

/** Hears the events of all processes on the database; reconnects by itself. The caller must filter by tenant. */
export async function listen(
  config: pg.ClientConfig,
  heard: (event: Event) => void,
): Promise<{ close(): Promise<void> }> {
  let closed = false
  let client: pg.Client
  const connect = async (): Promise<void> => {
    client = new pg.Client(config)
    client.on('notification', (message) => {
      if (message.payload) heard(JSON.parse(message.payload) as Event)
    })
    client.on('error', () => undefined)
    client.on('end', () => {
      if (!closed) setTimeout(() => void connect().catch(() => undefined), 1000).unref()
    })
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
  }
  await connect()
  return {
    async close() {
      closed = true
      await client.end()
    },
  }
}
