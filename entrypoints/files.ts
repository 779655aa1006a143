// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { readCapture } from '../features/evidence/captures.store.ts'
import { getCapture } from '../features/evidence/reading.store.ts'
import { findTicket, NOBODY } from '../features/people/doors.store.ts'
import { recordDenied } from '../features/people/sign-in.actions.ts'
import { deadTicket, makeTicket, takeTicket, type Target } from '../features/people/tickets.store.ts'
import { bundleFile } from '../features/reports/reports.store.ts'
import { permit, READERS, tenantOf, type Actor } from '../lib/action.ts'
import type { Tx } from '../lib/db.ts'
import { Refused } from '../lib/refused.ts'
import type { Services } from '../lib/services.ts'
import { attachment } from './attachment.ts'
import { actorOf } from './http.ts'
import { logFailure, problemOf } from './problem.ts'

/*
 * User files never come from the application's origin: whatever is in them, it could not reach a session. The
 * application hands out a ticket; the content origin, which has another host name and reads no cookie, takes it once.
 */

/** A file that may be fetched. */
interface FileFound {
  readonly name: string
  readonly size_bytes: number
  readonly sha256: string
  readonly read: () => Promise<Buffer>
}

/** Finds the file that a ticket is for, among those of the transaction's tenant. */
type FindFile = (tx: Tx, services: Services, target: Target) => Promise<FileFound | undefined>

const FINDERS: Readonly<Record<Target['kind'], { readonly operation: string; readonly find: FindFile }>> = {
  capture: { operation: 'evidence.get', find: findCapture },
  bundle: { operation: 'bundles.get', find: findBundleFile },
}

async function findCapture(tx: Tx, { blobs }: Services, { ref, n }: Target): Promise<FileFound | undefined> {
  const capture = await getCapture(tx, ref, n)
  if (!capture) return undefined
  return {
    ...capture,
    read: () => readCapture(tx, blobs, capture),
  }
}

async function findBundleFile(tx: Tx, { config }: Services, { ref }: Target): Promise<FileFound | undefined> {
  const file = await bundleFile(tx, config.dataDir, ref)
  return file && { ...file, read: () => readFile(file.path) }
}

/** `GET /api/v1/files/<collection>/<n>`: where the content origin hands the capture out, once, within a minute. */
export function serveFiles(app: FastifyInstance, services: Services): void {
  app.get<{ Params: { collection: string; n: string } }>('/api/v1/files/:collection/:n', async (request) => {
    const { collection, n } = request.params
    // Beyond an integer of the database is no number of a capture either.
    const target = { kind: 'capture', ref: collection, n: /^\d{1,9}$/.test(n) ? Number(n) : -1 } as const
    return await offer(services, actorOf(request), target)
  })
  app.get<{ Params: { id: string } }>('/api/v1/bundle-files/:id', async (request) =>
    offer(services, actorOf(request), { kind: 'bundle', ref: request.params.id, n: 0 }),
  )
}

async function offer(services: Services, actor: Actor, target: Target) {
  const { operation, find } = FINDERS[target.kind]
  try {
    permit(operation, { may: READERS }, actor)
  } catch (error) {
    await recordDenied(services, actor, operation)
    throw error
  }
  return await services.db.tenant(tenantOf(actor), async (tx) => {
    const file = await find(tx, services, target)
    if (!file) throw new Refused('NOT_FOUND', 'there is no such file', { status: 404 })
    const { token, expires_at } = await makeTicket(tx, target)
    return {
      url: `${services.config.contentUrl}/${token}`,
      expires_at,
      name: file.name,
      size_bytes: file.size_bytes,
      sha256: file.sha256,
    }
  })
}

/** The content origin: one route, `GET /<ticket>`. Made here, listened on by the server. */
export async function serveContent(services: Services): Promise<FastifyInstance> {
  const content = fastify({
    genReqId: () => randomUUID(),
    bodyLimit: 1024,
    requestTimeout: 60_000,
    exposeHeadRoutes: false, // a HEAD would spend the ticket
    logger: false,
  })
  const https = services.config.contentUrl.startsWith('https:')
  content.addHook('onRequest', async (_request, reply) => sandbox(reply, https))
  content.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, request.id)
    logFailure(services.log, error, request)
    void reply.code(problem.status).type('application/problem+json').send(problem)
  })
  content.setNotFoundHandler(() => {
    throw deadTicket()
  })
  content.get<{ Params: { '*': string } }>('/*', async (request, reply) => {
    const { name, bytes } = await fetchFile(services, request.params['*'])
    return await reply
      .header('content-disposition', attachment(name))
      .header('content-length', bytes.length)
      .type('application/octet-stream')
      .send(bytes)
  })
  return content
}

/** Spends the ticket, records the download and reads the file in one transaction: no bytes leave unrecorded. */
async function fetchFile(services: Services, token: string): Promise<{ name: string; bytes: Buffer }> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) throw deadTicket()
  const found = await services.db.tenant(NOBODY, (tx) => findTicket(tx, token), 'read')
  if (!found) throw deadTicket()
  return await services.db.tenant({ org: found.org_id, actor: found.actor }, async (tx) => {
    const target = await takeTicket(tx, token)
    const file = await FINDERS[target.kind].find(tx, services, target)
    if (!file) throw deadTicket()
    return { name: file.name, bytes: await file.read() }
  })
}

/** Whatever a browser makes of the bytes, it may not run, show, frame, guess at or keep them. */
function sandbox(reply: FastifyReply, https: boolean): void {
  void reply
    .header('content-security-policy', "sandbox; default-src 'none'; frame-ancestors 'none'")
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
  if (https) void reply.header('strict-transport-security', 'max-age=63072000; includeSubDomains')
}
