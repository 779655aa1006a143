// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type pg from 'pg'
import { LISTEN, permit, READERS } from '../lib/action.ts'
import { listen, type Event } from '../lib/events.ts'
import { Refused } from '../lib/refused.ts'
import { actorOf } from './http.ts'

const PER_ORG = 200
const HEARTBEAT_MS = 20_000

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the session or key of a request still lives; asking does not keep it alive. */
    stillThere: (request: FastifyRequest) => Promise<boolean>
  }
}

interface Listener {
  readonly org: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Server-sent events at `/api/v1/events`: what happens in the caller's own tenant, as it commits. At every heartbeat the
 * caller is asked for again: whoever was signed out or lost the roles hears nothing more.
 */
export async function serveEvents(
  app: FastifyInstance,
  connection: pg.ClientConfig,
  heartbeatMs = HEARTBEAT_MS,
): Promise<void> {
  const open = new Set<Listener>()
  const source = await listen(connection, (event: Event) => {
    const text = `event: ${event.topic}\ndata: ${JSON.stringify(event.data)}\n\n`
    for (const { org, reply } of open) if (org === event.org) reply.raw.write(text)
  })
  const beat = async (): Promise<void> => {
    for (const listener of open) {
      if (await app.stillThere(listener.request)) listener.reply.raw.write(': still here\n\n')
      else listener.reply.raw.end()
    }
  }
  // While the database is away nothing is heard anyway; the next beat asks again.
  const heartbeat = setInterval(() => void beat().catch(() => undefined), heartbeatMs)
  heartbeat.unref()
  app.addHook('preClose', async () => {
    clearInterval(heartbeat)
    for (const { reply } of open) reply.raw.end()
    await source.close()
  })
  app.get('/api/v1/events', (request, reply) => {
    const actor = actorOf(request)
    permit(LISTEN, { may: READERS }, actor)
    const { org } = actor
    if ([...open].filter((listener) => listener.org === org).length >= PER_ORG)
      throw new Refused('TOO_MANY_LISTENERS', `expected at most ${PER_ORG} open pages, got one more`, { status: 503 })
    const listener = { org, request, reply }
    open.add(listener)
    reply.hijack()
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    })
    reply.raw.write(': listening\n\n')
    request.raw.on('close', () => open.delete(listener))
  })
}
