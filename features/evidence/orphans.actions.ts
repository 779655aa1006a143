// SPDX-License-Identifier: Apache-2.0
import { asSystem, type Services } from '../../lib/services.ts'
import { DAY_MS, HOUR_MS } from '../../lib/time.ts'
import { namelessBlobs } from './captures.store.ts'

/** A blob is made durable before the row that names it; one as young as this may still get its row. */
const GRACE_MS = 2 * DAY_MS
/** And it must have been seen nameless this long by the machine's own counter, which no wrong clock moves. */
const WATCHED_MS = 12 * HOUR_MS
const AT_ONCE = 20_000

export interface Collector {
  /** Looks at the blobs of the organisations and removes those that nothing will ever name. */
  tick(orgs: readonly string[]): Promise<number>
  /** Blobs removed since the process began. */
  readonly collected: number
}

/**
 * Collects blobs whose row was never written: the process died, or the transaction was refused, after the bytes were
 * safe. Their key died with the transaction, so nobody could ever read them.
 * @param counter milliseconds that only grow; tests give their own
 */
export function openCollector(services: Services, counter: () => number = () => performance.now()): Collector {
  const nameless = new Map<string, number>()
  let collected = 0

  const sweep = async (org: string): Promise<number> => {
    let removed = 0
    const seen = new Set<string>()
    for await (const names of chunks(services.blobs.names(org, new Date(Date.now() - GRACE_MS)))) {
      // Asked after the listing: what was named meanwhile counts as named.
      for (const name of await asSystem(services, org, (tx) => namelessBlobs(tx, names))) {
        const key = `${org}/${name}`
        const since = nameless.get(key) ?? counter()
        seen.add(key)
        nameless.set(key, since)
        if (counter() - since < WATCHED_MS) continue
        await services.blobs.remove(org, name)
        seen.delete(key)
        removed++
      }
    }
    for (const key of nameless.keys()) if (key.startsWith(`${org}/`) && !seen.has(key)) nameless.delete(key)
    return removed
  }

  return {
    get collected() {
      return collected
    },
    async tick(orgs) {
      let removed = 0
      for (const org of orgs) {
        const count = await sweep(org)
        if (count > 0) services.log.warn({ org, blobs: count }, 'stored files that no record names were removed')
        removed += count
      }
      collected += removed
      return removed
    },
  }
}

async function* chunks(names: AsyncIterable<string>): AsyncGenerator<string[]> {
  let some: string[] = []
  for await (const name of names) {
    some.push(name)
    if (some.length < AT_ONCE) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
