// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import files from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { nonceFor } from './headers.ts'

/** Serves the built pages: hashed assets for ever, the verifier, and the application at every other address. */
export async function servePages(app: FastifyInstance, folder: string): Promise<void> {
  const index = join(folder, 'index.html')
  if (!existsSync(index)) {
    app.setNotFoundHandler((_request, reply) =>
      reply
        .code(503)
        .type('text/plain')
        .send('The web pages are not built. Start Assay with "npm start", which builds them.\n'),
    )
    return
  }
  const pageOf = (name: string) => {
    const parts = placesOfNonce(readFileSync(join(folder, name), 'utf8'))
    return (request: FastifyRequest, reply: FastifyReply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(parts.join(nonceFor(request)))
  }
  const application = pageOf('index.html')
  // The verifier stands alone: what it runs is small, and it asks for nothing after it has loaded.
  if (existsSync(join(folder, 'verify.html'))) app.get('/verify', pageOf('verify.html'))
  await app.register(files, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
  })
  await app.register(files, {
    root: folder,
    prefix: '/',
    decorateReply: false,
    index: false,
    wildcard: false,
    globIgnore: ['assets/**', '*.html'],
  })
  app.setNotFoundHandler((request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply.code(405).send()
    return application(request, reply)
  })
}

/**
 * The page in pieces, between which the nonce of an answer goes: on each script and link, and in the tag where the page's
 * own code looks for it when it loads more.
 */
export function placesOfNonce(html: string): string[] {
  const mark = '\0'
  return html
    .replace(/<head[^>]*>/i, (head) => `${head}<meta property="csp-nonce" nonce="${mark}">`)
    .replaceAll(/<(script|link|style)(?=[\s>])/gi, (tag) => `${tag} nonce="${mark}"`)
    .split(mark)
}
