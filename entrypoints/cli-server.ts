// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { createWriteStream, openAsBlob } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Action } from '../lib/action.ts'
import { Refused } from '../lib/refused.ts'
import type { Problem } from './problem.ts'

/** The server did not answer at all. */
export class Unreachable extends Error {}

/** A refusal with the problem document (RFC 9457) that the server sent. */
export class Problematic extends Refused {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.code, problem.request_id ? `${problem.detail} (request ${problem.request_id})` : problem.detail)
    this.problem = problem
  }
}

/** The operations of a server, as the command line calls them. */
export interface Server {
  call(name: string, kind: Action['kind'], input: unknown): Promise<unknown>
  /** Sends a file; gives its id in the inbox. @throws Error ENOENT */
  upload(path: string): Promise<string>
  /** Fetches a bundle to a file, which is whole or not there. @throws Refused BUNDLE_DAMAGED, UNKNOWN_BUNDLE */
  download(bundle: string, file: string): Promise<void>
}

export interface Reach {
  readonly address: string
  readonly key: string | undefined
  readonly asOf: string | undefined
  readonly knownAt: string | undefined
}

export function openServer({ address, key, asOf, knownAt }: Reach): Server {
  const at = new URLSearchParams({ ...(asOf ? { asOf } : {}), ...(knownAt ? { knownAt } : {}) })
  const send = async (path: string, init: RequestInit): Promise<unknown> => {
    if (!key)
      throw new Refused(
        'SIGN_IN_FIRST',
        'expected an API key in ASSAY_API_KEY or --api-key; make one under Settings, or with "assay setup" on a new server',
      )
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${key}` }
    const response = await reach(new URL(path, address), { ...init, headers })
    const body = await readJson(response, address)
    if (!response.ok) throw new Problematic(body as Problem)
    return body
  }
  const call: Server['call'] = async (name, kind, input) => {
    const text = JSON.stringify(input)
    if (kind === 'query')
      return await send(`/api/v1/${name}?${new URLSearchParams([...at, ['input', text]]).toString()}`, {
        method: 'GET',
      })
    return await send(`/api/v1/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: text,
    })
  }
  return {
    call,
    async upload(path) {
      const form = new FormData()
      form.append('file', await openAsBlob(path), basename(path))
      return ((await send('/api/v1/uploads', { method: 'POST', body: form })) as { id: string }).id
    },
    async download(bundle, file) {
      const { sha256 } = (await call('bundles.get', 'query', { id: bundle })) as { sha256: string | null }
      const offer = await send(`/api/v1/bundle-files/${encodeURIComponent(bundle)}`, { method: 'GET' })
      const found = await save((offer as { url: string }).url, `${file}.part`)
      if (found !== sha256) {
        await rm(`${file}.part`, { force: true })
        throw new Refused(
          'BUNDLE_DAMAGED',
          `expected a file with the SHA-256 ${sha256}, got ${found}; nothing was kept`,
        )
      }
      await rename(`${file}.part`, file)
    },
  }
}

/** @returns the SHA-256 of what was saved, hex */
async function save(url: string, file: string): Promise<string> {
  const response = await reach(new URL(url), {})
  if (!response.ok || !response.body)
    throw new Refused('HTTP', `the content origin ${new URL(url).origin} answered ${response.status}`)
  const hash = createHash('sha256')
  await pipeline(
    Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
    async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        hash.update(piece)
        yield piece
      }
    },
    createWriteStream(file),
  )
  return hash.digest('hex')
}

/** @throws Unreachable when nobody answers */
export async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : ''
    throw new Unreachable(`${url.origin} does not answer${cause}; start Assay with "npm start", or name it by --server`)
  }
}

/** @throws Refused HTTP when what answers is not Assay */
export async function readJson(response: Response, address: string): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Refused('HTTP', `expected Assay at ${address}, got an answer ${response.status} that is not JSON`)
  }
}
