// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from './bytes.ts'

const PRIMES = firstPrimes(64)
const K = new Uint32Array(PRIMES.map((p) => fraction(Math.cbrt(p))))
const START = new Uint32Array(PRIMES.slice(0, 8).map((p) => fraction(Math.sqrt(p))))

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n)
  return primes
}

/** The first 32 bits of the fractional part: how FIPS 180-4 chooses its constants. */
function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32)
}

/** SHA-256 (FIPS 180-4) in plain TypeScript, for places without `node:crypto`. Give it bytes, then ask once for the digest. */
export class Sha256 {
  readonly #state = START.slice()
  readonly #block = new Uint8Array(64)
  readonly #view = new DataView(this.#block.buffer)
  readonly #w = new Uint32Array(64)
  #length = 0

  update(bytes: Uint8Array): this {
    let at = 0
    let filled = this.#length % 64
    this.#length += bytes.length
    while (at < bytes.length) {
      const take = Math.min(64 - filled, bytes.length - at)
      this.#block.set(bytes.subarray(at, at + take), filled)
      at += take
      filled += take
      if (filled === 64) {
        this.#compress()
        filled = 0
      }
    }
    return this
  }

  digest(): Bytes {
    const bits = this.#length * 8
    const filled = this.#length % 64
    this.#block[filled] = 0x80
    this.#block.fill(0, filled + 1)
    if (filled >= 56) {
      this.#compress()
      this.#block.fill(0)
    }
    this.#view.setUint32(56, Math.floor(bits / 2 ** 32))
    this.#view.setUint32(60, bits % 2 ** 32)
    this.#compress()
    const out = new Uint8Array(32)
    const view = new DataView(out.buffer)
    this.#state.forEach((word, i) => view.setUint32(4 * i, word))
    return out
  }

  #compress(): void {
    const w = this.#w
    for (let t = 0; t < 16; t++) w[t] = this.#view.getUint32(4 * t)
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15]! // every index below is under 64, the length of w
      const y = w[t - 2]!
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
      w[t] = w[t - 16]! + s0 + w[t - 7]! + s1
    }
    const s = this.#state
    let [a, b, c, d, e, f, g, h] = s as unknown as [number, number, number, number, number, number, number, number]
    for (let t = 0; t < 64; t++) {
      const choice = (e & f) ^ (~e & g)
      const majority = (a & b) ^ (a & c) ^ (b & c)
      const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + K[t]! + w[t]!) | 0
      const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    const after = [a, b, c, d, e, f, g, h]
    for (let i = 0; i < 8; i++) s[i] = s[i]! + after[i]!
  }
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n))
