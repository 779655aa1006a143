// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import type { actions } from '../features/index.ts'
import { problemOf, Problem } from './problem.ts'

export type Operations = typeof actions
export type Operation = keyof Operations
/** What an operation takes, before its defaults are filled in. */
export type Input<N extends Operation> = z.input<Operations[N]['input']>
/** What an operation answers. */
export type Output<N extends Operation> = z.infer<Operations[N]['output']>
/** One row of an operation that answers a page. */
export type RowOf<N extends Operation> = Output<N> extends { rows: (infer R)[] } ? R : never

/** The two clocks of a question: days of the engagement, or full moments; absent is now. */
export interface Clocks {
  readonly asOf?: string | undefined
  readonly knownAt?: string | undefined
}

/** Asks a query. @throws Problem */
export async function ask<N extends Operation>(
  name: N,
  input: Input<N>,
  clocks: Clocks = {},
  signal?: AbortSignal,
): Promise<Output<N>> {
  const search = new URLSearchParams()
  const text = JSON.stringify(input ?? {})
  if (text !== '{}') search.set('input', text)
  if (clocks.asOf) search.set('asOf', clocks.asOf)
  if (clocks.knownAt) search.set('knownAt', clocks.knownAt)
  const query = search.size > 0 ? `?${search.toString()}` : ''
  return await request<Output<N>>(`/api/v1/${name}${query}`, signal ? { signal } : {})
}

/** Runs a command; `key` makes a repeated call have one effect. @throws Problem */
export async function call<N extends Operation>(
  name: N,
  input: Input<N>,
  key: string = crypto.randomUUID(),
): Promise<Output<N>> {
  return await request<Output<N>>(`/api/v1/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(input ?? {}),
  })
}

/** One request to our own origin; answers parsed JSON. @throws Problem, also when no answer came */
export async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    if (!(error instanceof TypeError)) throw error
    throw new Problem({
      status: 0,
      code: 'UNREACHABLE',
      title: 'Assay does not answer',
      detail:
        'The server could not be reached. Check that it runs and that this computer is on its network, then try again.',
    })
  }
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

export interface Uploaded {
  readonly id: string
  readonly name: string
  readonly size_bytes: number
  readonly sha256: string
}

/** Sends one file to the inbox, telling how far it got (0 to 1). @throws Problem */
export function upload(file: File, progress?: (part: number) => void): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const form = new FormData()
    form.set('file', file)
    const sending = new XMLHttpRequest()
    sending.open('POST', '/api/v1/uploads')
    sending.upload.onprogress = (event) => progress?.(event.total > 0 ? event.loaded / event.total : 0)
    sending.onerror = () =>
      reject(
        new Problem({
          status: 0,
          code: 'UNREACHABLE',
          title: 'The upload did not arrive',
          detail: `${file.name} could not be sent. Nothing was stored; try again.`,
        }),
      )
    sending.onload = () => {
      const headers = new Headers({ 'content-type': sending.getResponseHeader('content-type') ?? '' })
      const response = new Response(sending.responseText, { status: sending.status, headers })
      if (response.ok) resolve(JSON.parse(sending.responseText) as Uploaded)
      else problemOf(response).then(reject, reject)
    }
    sending.send(form)
  })
}
