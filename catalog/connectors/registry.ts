// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../../lib/refused.ts'
import type { Connector } from '../connector.ts'
import { git } from './git/connector.ts'
import { postgresql } from './postgresql/connector.ts'

/** Every system Assay can read, by id. */
export const connectors: readonly Connector[] = [git, postgresql]

const byId = new Map(connectors.map((connector) => [connector.id, connector]))

/** @throws Refused UNKNOWN_CONNECTOR */
export function connectorOf(id: string): Connector {
  const connector = byId.get(id)
  if (!connector)
    throw new Refused('UNKNOWN_CONNECTOR', `expected one of ${[...byId.keys()].join(', ')}; got ${id.slice(0, 60)}`, {
      status: 404,
      pointer: '/connector',
    })
  return connector
}
