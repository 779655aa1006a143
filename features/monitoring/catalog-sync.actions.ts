// SPDX-License-Identifier: Apache-2.0
import type { Database } from '../../lib/db.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { listOrganizations, syncCatalogChecks } from './versions.store.ts'

export interface CatalogSync {
  /** Looks for organisations that this process has not served yet. Gives how many it served. */
  tick(): Promise<number>
}

/**
 * Brings every organisation's checks to what this version of the product ships: all of them when the process starts,
 * and each new one soon after it is founded.
 * @param sequencer the role that sees which organisations there are
 */
export function openCatalogSync(services: Services, sequencer: Database): CatalogSync {
  const served = new Set<string>()
  return {
    async tick() {
      const all = await sequencer.tenant({ org: '', actor: 'system' }, listOrganizations, 'read')
      const fresh = all.filter((org) => !served.has(org))
      for (const org of fresh) {
        await asSystem(services, org, (tx) => syncCatalogChecks(tx, services.jobs))
        served.add(org)
      }
      return fresh.length
    },
  }
}
