// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply } from 'fastify'
import { listen, type Event } from '../lib/events.ts'
import type pg from 'pg'
import { Refused } from '../lib/refused.ts'
import { actorOf } from './http.ts'

const PER_ORG = 200
const HEARTBEAT_MS = 20_000

/** Server-sent events at `/api/v1/events`: what happens in the caller's own tenant, as it commits. */
export async function serveEvents(app: FastifyInstance, connection: pg.ClientConfig): Promise<void> {
  const open = new Map<string, Set<FastifyReply>>()
  const source = await listen(connection, (event: Event) => {
    const text = `event: ${event.topic}\ndata: ${JSON.stringify(event.data)}\n\n`
    for (const reply of open.get(event.org) ?? []) reply.raw.write(text)
  })
  const heartbeat = setInterval(() => {
    for (const replies of open.values()) for (const reply of replies) reply.raw.write(': still here\n\n')
  }, HEARTBEAT_MS)
  heartbeat.unref()
  app.addHook('preClose', async () => {
    clearInterval(heartbeat)
    for (const replies of open.values()) for (const reply of replies) reply.raw.end()
    await source.close()
  })
  app.get('/api/v1/events', (request, reply) => {
    const { org } = actorOf(request)
    const replies = open.get(org) ?? new Set()
    if (replies.size >= PER_ORG)
      throw new Refused('TOO_MANY_LISTENERS', `expected at most ${PER_ORG} open pages, got one more`, { status: 503 })
    open.set(org, replies.add(reply))
    reply.hijack()
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    reply.raw.write(': listening\n\n')
    request.raw.on('close', () => replies.delete(reply))
  })
}
