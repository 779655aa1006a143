// SPDX-License-Identifier: Apache-2.0
import type { Instant } from '../../lib/time.ts'
import { verifyEnvelope, type Envelope } from '../../proof/dsse.ts'
import { Malformed } from '../../proof/malformed.ts'
import { readPem, readPublicKey, type PublicKey } from '../../proof/signatures.ts'
import type { Findings } from './check.ts'
import { readStatement } from './statement.ts'

/** A collector's key as the tables tell of it, oldest first; what it signs is held against what its leaf announced. */
export interface AnnouncedCollector {
  readonly id: string
  readonly public: string
  readonly recorded_at: Instant
  /** Position of the leaf that announces it; null while that waits. */
  readonly idx: number | null
  /** The statement that announces it; null when it was lost. */
  readonly envelope: Uint8Array | null
}

interface Collector {
  readonly key: PublicKey
  /** First leaf that it may sign. The first key signs its own announcement, and what came before. */
  readonly from: number
  /** When its successor came. */
  readonly until: Instant | undefined
}

/** A transaction that began under a key may end after its successor came, but not this long after. */
const IN_FLIGHT_MS = 3_600_000

interface Signed {
  readonly envelope: Envelope
  /** How the leaf is called in a finding, and its position; null while it waits. */
  readonly place: string
  readonly index: number | null
  readonly recorded_at: Instant
}

/** Verifies the signature on every statement with the key that was in force then, many at once and off this thread. */
export class SignatureCheck {
  readonly #findings: Findings
  readonly #collectors: ReadonlyMap<string, Collector>
  #waiting: Signed[] = []
  verified = 0

  /** @param size leaves of the log: a key whose leaf waits signs none of them */
  constructor(findings: Findings, keys: readonly AnnouncedCollector[], size: number) {
    this.#findings = findings
    this.#collectors = new Map(
      keys.flatMap((key, i) => {
        const read = this.#read(key)
        const from = i === 0 ? 0 : (key.idx ?? size - 1) + 1
        return read ? [[key.id, { key: read, from, until: keys[i + 1]?.recorded_at }] as const] : []
      }),
    )
  }

  /** The key of an announcement, which the log vouches for; the row beside it is compared elsewhere. */
  #read({ id, envelope, public: stored }: AnnouncedCollector): PublicKey | undefined {
    try {
      const announced = envelope ? readStatement(envelope).predicate['public'] : stored
      const [spki] = readPem(String(announced), 'PUBLIC KEY')
      return spki && readPublicKey(spki)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.#findings.add('key', `key ${id}`, error.message)
      return undefined
    }
  }

  add(signed: Signed): void {
    this.#waiting.push(signed)
  }

  /** Verifies what was added since the last time. */
  async settle(): Promise<void> {
    const signed = this.#waiting
    this.#waiting = []
    const faults = await Promise.all(signed.map((one) => this.#faultOf(one)))
    this.verified += signed.length
    for (const [i, { place, index }] of signed.entries())
      if (faults[i] !== undefined) this.#findings.add('signature', place, faults[i], index)
  }

  async #faultOf({ envelope, index, recorded_at }: Signed): Promise<string | undefined> {
    const registered = [...this.#collectors].filter(([, { from }]) => index === null || from <= index)
    const valid = await verifyEnvelope(envelope, new Map(registered.map(([id, { key }]) => [id, key])))
    if (valid.length === 0) {
      const named = envelope.signatures.map(({ keyid }) => keyid).join(', ') || 'nobody'
      return `its statement is not signed by a collector that was registered then; it names ${named}`
    }
    const late = (until: Instant | undefined): boolean =>
      until !== undefined && Date.parse(recorded_at) - Date.parse(until) > IN_FLIGHT_MS
    return valid.every((id) => late(this.#collectors.get(id)?.until))
      ? `its statement is signed by ${valid.join(', ')}, which had been replaced before it was recorded`
      : undefined
  }
}
