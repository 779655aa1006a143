// SPDX-License-Identifier: Apache-2.0
import { assay, type Running } from '../e2e/running.ts'

/** What a server answered: the status and the parsed body. */
export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** A program with an API key that talks to a real server. */
export interface Api {
  readonly key: string
  query(name: string, input?: object): Promise<Answer>
  command(name: string, input: object, idempotencyKey?: string): Promise<Answer>
  upload(name: string, bytes: Buffer): Promise<Answer>
}

export const PASSWORD = 'nimbus-lantern-42-quarry'

/** Sets a new server up by the command line. @returns the first API key */
export async function setUp(server: Running): Promise<string> {
  const who = ['--organization', 'Nimbus', '--name', 'Ada', '--email', 'ada@nimbus.example']
  const { code, out, err } = await assay(['setup', server.setupLink, ...who], { stdin: `${PASSWORD}\n` })
  if (code !== 0) throw new Error(err)
  return out.trim().split('\n').at(-1) ?? ''
}

export function openApi(url: string, key: string): Api {
  const send = async (
    path: string,
    options: { method?: string; body?: string | FormData; headers?: Readonly<Record<string, string>> } = {},
  ) => {
    const answer = await fetch(`${url}${path}`, {
      ...options,
      headers: { authorization: `Bearer ${key}`, ...options.headers },
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return {
    key,
    query: (name, input = {}) => send(`/api/v1/${name}?input=${encodeURIComponent(JSON.stringify(input))}`),
    command: (name, input, idempotencyKey) =>
      send(`/api/v1/${name}`, {
        method: 'POST',
        body: JSON.stringify(input),
        headers: {
          'content-type': 'application/json',
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
      }),
    async upload(name, bytes) {
      const form = new FormData()
      form.set('file', new Blob([new Uint8Array(bytes)]), name)
      return await send('/api/v1/uploads', { method: 'POST', body: form })
    },
  }
}

/** What `/readyz` says of one thing. */
export async function readiness(url: string, name: string): Promise<{ ok: boolean; says: string } | undefined> {
  const { checks } = (await (await fetch(`${url}/readyz`)).json()) as {
    checks: { name: string; ok: boolean; says: string }[]
  }
  return checks.find((check) => check.name === name)
}

/** Waits until something is so. @throws when it is not within `ms` */
export async function until(what: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  for (const end = performance.now() + ms; !(await what());) {
    if (performance.now() > end) throw new Error(`still not so after ${ms} ms: ${String(what)}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}
