// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../lib/config.ts'
import { secureHeaders } from './headers.ts'
import { servePages } from './pages.ts'

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<link rel="stylesheet" href="/assets/a.css"><script type="module" src="/assets/a.js"></script></head><body></body></html>`

let app: FastifyInstance
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-pages-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'assets/a.js'), 'export {}')
  app = fastify()
  secureHeaders(
    app,
    loadConfig({ ASSAY_URL: 'https://assay.company.test', ASSAY_CONTENT_URL: 'https://files.company.test' }),
  )
  await servePages(app, folder)
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true })
})

test('each answer has a nonce of its own, which its script, its style and no other place carries', async () => {
  const [a, b] = [await app.inject('/controls'), await app.inject('/controls')]
  const nonceOf = (answer: typeof a): string =>
    /script-src 'nonce-([A-Za-z0-9+/=]{24})' 'strict-dynamic' 'self'/.exec(
      String(answer.headers['content-security-policy']),
    )?.[1] ?? ''
  expect(nonceOf(a)).not.toBe('')
  expect(nonceOf(a)).not.toBe(nonceOf(b))
  expect(a.body).toContain(`<script nonce="${nonceOf(a)}" type="module" src="/assets/a.js">`)
  expect(a.body).toContain(`<meta property="csp-nonce" nonce="${nonceOf(a)}">`)
  expect(a.body.split(nonceOf(a))).toHaveLength(4)
  expect(a.headers['cache-control']).toBe('no-store')
})

test('the policy allows no inline code, no eval, no frame, no plugin and no text as HTML', async () => {
  const policy = String((await app.inject('/')).headers['content-security-policy'])
  expect(policy).not.toContain('unsafe-')
  for (const part of [
    "default-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
    expect(policy).toContain(part)
})

test('a site on https says that it always is', async () => {
  expect((await app.inject('/')).headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains')
})

test('built files are kept for ever, and nothing outside the folder is served', async () => {
  const asset = await app.inject('/assets/a.js')
  expect(asset.headers['cache-control']).toContain('immutable')
  for (const path of [
    '/assets/../../etc/passwd',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/\\evil.test',
    '//evil.test',
  ]) {
    const answer = await app.inject(path)
    expect(answer.body, path).not.toContain('root:')
    expect(answer.headers['location'], path).toBeUndefined()
  }
})
