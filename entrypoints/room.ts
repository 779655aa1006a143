// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify'
import type { Space } from '../lib/space.ts'

/** What ends somebody's access adds next to nothing and cannot wait for a disk. */
const ALWAYS: ReadonlySet<string> = new Set(
  ['people.disable', 'people.setRoles', 'people.revokeKey', 'people.revokeInvitation', 'connections.setEnabled'].map(
    (name) => `/api/v1/${name}`,
  ),
)

/**
 * Refuses commands and uploads before the disk is full, so that the database never meets its end. Questions, signing in
 * and out, and what ends access go on. A stranger is told to sign in first, as ever.
 */
export function demandRoom(app: FastifyInstance, space: Space): void {
  app.addHook('preHandler', async (request) => {
    if (request.method !== 'POST' || !request.authenticated) return
    const path = request.url.split('?')[0] ?? ''
    if (path.startsWith('/api/v1/') && !ALWAYS.has(path)) await space.demand()
  })
}
