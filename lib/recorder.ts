// SPDX-License-Identifier: Apache-2.0
import type { Clock, Instant } from './time.ts'

/** What came back on one question to a source. */
export interface Answer {
  /** Position among the answers recorded for one reading. */
  readonly n: number
  readonly name: string
  readonly bytes: Buffer
  /** Exit code of a program; 0 for a protocol's good answer. */
  readonly code: number
  /** What a program said beside its answer. */
  readonly said: string
}

type Facts = Readonly<Record<string, string | number | boolean>>

/** One question with its answer, as it is kept: without secrets, byte for byte otherwise. */
export interface Exchange extends Answer {
  readonly media_type: string
  readonly asked_at: Instant
  readonly answered_at: Instant
  readonly request: Facts
  readonly response: Facts
}

export interface Asked {
  readonly name: string
  readonly media_type: string
  readonly asked_at: Instant
  readonly bytes: Buffer
  readonly code: number
  readonly said: string
  readonly request: Facts
  readonly response: Facts
}

const MARK = '[secret]'
/** Shorter values would be found all over innocent words. */
const SHORTEST = 4
/** In what a source says about itself, a password such as "postgres" is also a name; only long values are taken out. */
const SHORTEST_IN_BYTES = 12

/**
 * Keeps every exchange of a run, with the secrets taken out by value wherever they show: as they are, percent-encoded,
 * in base64, and each line of a key.
 */
export class Recorder {
  readonly clock: Clock
  private readonly needles: readonly string[]
  private kept: Exchange[] = []
  constructor(clock: Clock, secrets: readonly string[]) {
    this.clock = clock
    const values = secrets
      .flatMap((secret) => [secret, ...secret.split('\n')])
      .map((value) => value.trim())
      .filter((value) => value.length >= SHORTEST && !value.startsWith('-----'))
    this.needles = [
      ...new Set(
        values.flatMap((value) => [
          value,
          encodeURIComponent(value),
          JSON.stringify(value).slice(1, -1),
          Buffer.from(value).toString('base64'),
        ]),
      ),
    ].toSorted((a, b) => b.length - a.length)
  }
  record(asked: Asked): Answer {
    const exchange: Exchange = {
      n: this.kept.length,
      name: asked.name,
      media_type: asked.media_type,
      bytes: this.scrubBytes(asked.bytes),
      code: asked.code,
      said: this.scrub(asked.said),
      asked_at: asked.asked_at,
      answered_at: this.now(),
      request: this.scrubFacts(asked.request),
      response: this.scrubFacts(asked.response),
    }
    this.kept.push(exchange)
    return exchange
  }
  /** Gives what was recorded since the last call, and starts anew. */
  take(): Exchange[] {
    const taken = this.kept
    this.kept = []
    return taken
  }
  /** Starts a list that begins with exchanges recorded before: their answers keep their numbers. */
  resume(exchanges: readonly Exchange[]): void {
    this.kept = [...exchanges]
  }
  now(): Instant {
    return this.clock().toISOString()
  }
  scrub(text: string): string {
    return this.needles.reduce((clean, needle) => clean.replaceAll(needle, MARK), text)
  }
  private scrubBytes(bytes: Buffer): Buffer {
    const found = this.needles.filter((needle) => needle.length >= SHORTEST_IN_BYTES && bytes.includes(needle))
    if (found.length === 0) return bytes
    // latin1 keeps every byte; needles are looked for as the bytes of their UTF-8 form.
    const clean = found.reduce(
      (text, needle) => text.replaceAll(Buffer.from(needle).toString('latin1'), MARK),
      bytes.toString('latin1'),
    )
    return Buffer.from(clean, 'latin1')
  }
  private scrubFacts(facts: Facts): Facts {
    return Object.fromEntries(
      Object.entries(facts).map(([key, value]) => [key, typeof value === 'string' ? this.scrub(value) : value]),
    )
  }
}
