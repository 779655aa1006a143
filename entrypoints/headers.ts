// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../lib/config.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the answer that is a page: the one value its scripts may carry. */
    nonce: string
  }
}

/** Gives a page's answer its nonce: 128 random bits, never used for another answer. */
export function nonceFor(request: FastifyRequest): string {
  request.nonce = randomBytes(16).toString('base64')
  return request.nonce
}

/** Answers that are data are no document: nothing in them may load, run or be framed. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

/**
 * The pages run one script, known by its nonce, and what that script loads; no inline code, no `eval`, and no text turned
 * into HTML or code without a Trusted Types policy, of which there is none.
 */
function pagePolicy(nonce: string): string {
  const known = nonce === '' ? '' : `'nonce-${nonce}' `
  return [
    "default-src 'none'",
    `script-src ${known}${nonce === '' ? '' : "'strict-dynamic' "}'self'`,
    `style-src ${known}'self'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

/** What every answer of the application's origin carries (OWASP ASVS 5 chapter 3). */
export function secureHeaders(app: FastifyInstance, config: Config): void {
  const https = config.publicUrl.startsWith('https:')
  app.decorateRequest('nonce', '')
  app.addHook('onSend', async (request, reply) => {
    const isData = request.url.startsWith('/api/')
    void reply
      .header('content-security-policy', isData ? DATA_POLICY : pagePolicy(request.nonce))
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cross-origin-opener-policy', 'same-origin')
      .header('cross-origin-resource-policy', 'same-origin')
      .header('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=()')
      .header('x-request-id', request.id)
    if (https) void reply.header('strict-transport-security', 'max-age=63072000; includeSubDomains')
    if (isData && !reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
  })
}
