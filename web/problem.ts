// SPDX-License-Identifier: Apache-2.0

/** What one field got wrong: an RFC 6901 pointer into the input, and words. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

/** An answer that is not a success: RFC 9457 problem details, or that no answer came at all (status 0). */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly requestId: string | undefined
  readonly pointer: string | undefined
  readonly faults: readonly Fault[]
  constructor(from: {
    status: number
    code: string
    title: string
    detail: string
    requestId?: string | undefined
    pointer?: string | undefined
    faults?: readonly Fault[] | undefined
  }) {
    super(from.detail)
    this.name = 'Problem'
    this.status = from.status
    this.code = from.code
    this.title = from.title
    this.requestId = from.requestId
    this.pointer = from.pointer
    this.faults = from.faults ?? (from.pointer ? [{ pointer: from.pointer, detail: from.detail }] : [])
  }
}

/** Reads a refusal out of an HTTP answer, whatever its body turns out to be. */
export async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  const plain = (detail: string): Problem =>
    new Problem({ status: response.status, code: 'HTTP', title: response.statusText, detail, requestId })
  if (!(response.headers.get('content-type') ?? '').includes('json'))
    return plain(`the server answered ${response.status} without an explanation`)
  const body: unknown = await response.json()
  if (!isRecord(body)) return plain(`the server answered ${response.status}`)
  const text = (key: string): string | undefined => {
    const value = body[key]
    return typeof value === 'string' ? value : undefined
  }
  return new Problem({
    status: response.status,
    code: text('code') ?? 'HTTP',
    title: text('title') ?? response.statusText,
    detail: text('detail') ?? `the server answered ${response.status}`,
    requestId: text('request_id') ?? requestId,
    pointer: text('pointer'),
    faults: Array.isArray(body['errors']) ? body['errors'].filter(isFault) : undefined,
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isFault = (value: unknown): value is Fault =>
  isRecord(value) && typeof value['pointer'] === 'string' && typeof value['detail'] === 'string'
