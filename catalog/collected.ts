// SPDX-License-Identifier: Apache-2.0
import type { Instant } from '../lib/time.ts'
import type { RowDigests } from './row-digests.ts'

/**
 * What one reading of one stream brought home, before it is stored: raw bytes first, rows made from them, and an
 * honest account of what could not be read. Connectors, imports, uploads and attestations all end in this shape.
 *
 * `listed = collected + unreachable.length` always; a collection whose counts do not add up is refused.
 */
export interface Collected<C extends CaptureNote = Capture> {
  /** Name of the stream at the source: `commits`, `roles`, `findings`. */
  readonly stream: string
  /** Id of the kind of every row. */
  readonly kind: string
  readonly kind_version: number
  readonly outcome: ReadOutcome
  /** Why the outcome is not `complete`, in words a control owner understands. */
  readonly why?: string
  readonly listed: number
  readonly collected: number
  readonly unreachable: readonly { readonly subject: string; readonly because: string }[]
  readonly census?: Census
  readonly reconciliation: Reconciliation
  /** For event streams: the part of time that was asked for, `to` excluded. */
  readonly window?: { readonly from: Instant; readonly to: Instant }
  /** When the source was looked at (valid time of every state row). */
  readonly observed_at: Instant
  readonly captures: readonly C[]
  readonly rows: readonly Row[]
  /** The digests of the rows where they were made as the rows were; else they are made when they are recorded. */
  readonly digests?: RowDigests
  readonly producer: Producer
  /** People's and tools' remarks that a reader should see; never a reason to pass. */
  readonly remarks?: readonly string[]
}

export type ReadOutcome = 'complete' | 'partial' | 'denied' | 'unsupported' | 'failed'
export type Reconciliation = 'equal' | 'within-tolerance' | 'mismatch' | 'no-census'

/** How many there should be, by a method independent of the reading. */
export interface Census {
  readonly n: number
  readonly exact: 'exact' | 'approximate' | 'at-least' | 'attested'
  readonly how: string
}

/** Bytes exactly as the source gave them, with what was asked for. */
export interface Capture extends CaptureNote {
  readonly bytes: Uint8Array
}

/** What is recorded of a capture beside its bytes, which may be kept by then. */
export interface CaptureNote {
  readonly name: string
  readonly media_type: string
  readonly captured_at: Instant
  /** What was asked, without secrets: method and path, SQL text, git arguments, file name. */
  readonly request?: Readonly<Record<string, string | number | boolean>>
  /** What came back besides the bytes: status, server's date, its own request ids, exit code. */
  readonly response?: Readonly<Record<string, string | number | boolean>>
}

/** One subject's fact, with the place in a capture it was made from. */
export interface Row {
  readonly key: string
  readonly label: string
  readonly body: Readonly<Record<string, unknown>>
  /** Index into `captures`. */
  readonly capture: number
  /** JSON pointer, XPath, line or record number in the capture. */
  readonly pointer: string
}

/** Which code read and which normalised; part of the evidence. */
export interface Producer {
  readonly id: string
  readonly version: string
  /** The scanner or system behind it, where the bytes name one. */
  readonly tool?: { readonly name: string; readonly version?: string }
  /** Person who prepared a file by hand. */
  readonly prepared_by?: string
}
