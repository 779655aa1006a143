// SPDX-License-Identifier: Apache-2.0

/**
 * The second opinion on how many findings a file holds: these counters share no code with the readers, so a reader that
 * overlooks findings does not overlook them here too.
 */
export interface Counter {
  readonly n: number
  update(chunk: Uint8Array): void
}

/** Counts how often a short text stands in a stream of bytes. */
export class TextCounter implements Counter {
  n = 0
  private tail = Buffer.alloc(0)
  private readonly pattern: Buffer
  constructor(pattern: string) {
    this.pattern = Buffer.from(pattern)
  }
  update(chunk: Uint8Array): void {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    // Only a hit that begins in the tail is new here; the tail is shorter than the pattern, so none lies within it.
    this.count(Buffer.concat([this.tail, piece.subarray(0, this.pattern.length - 1)]))
    this.count(piece)
    this.tail = Buffer.from(
      Buffer.concat([this.tail, piece.subarray(-this.pattern.length + 1)]).subarray(-this.pattern.length + 1),
    )
  }
  private count(bytes: Buffer): void {
    for (let at = bytes.indexOf(this.pattern); at >= 0; at = bytes.indexOf(this.pattern, at + 1)) this.n++
  }
}

/** Counts the objects in the lists `runs[*].results` of a SARIF log, one byte after another. */
export class ResultCounter implements Counter {
  n = 0
  private depth = 0
  private inText = false
  private escaped = false
  private text = ''
  private readonly keys = ['', '', '', '']
  update(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (this.inText) this.inside(byte)
      else if (byte === 0x22) {
        this.inText = true
        this.text = ''
      } else if (byte === 0x3a) {
        if (this.depth < 4) this.keys[this.depth] = this.text
      } else if (byte === 0x7b || byte === 0x5b) {
        if (byte === 0x7b && this.depth === 4 && this.keys[1] === 'runs' && this.keys[3] === 'results') this.n++
        this.depth++
      } else if (byte === 0x7d || byte === 0x5d) this.depth--
    }
  }
  private inside(byte: number): void {
    if (this.escaped) this.escaped = false
    else if (byte === 0x5c) this.escaped = true
    else if (byte === 0x22) this.inText = false
    else if (this.depth < 4 && this.text.length < 16) this.text += String.fromCharCode(byte)
  }
}

/** Passes the pieces on and shows each to the counters. */
export function* counted(chunks: Iterable<Uint8Array>, ...counters: readonly Counter[]): Generator<Uint8Array> {
  for (const chunk of chunks) {
    for (const counter of counters) counter.update(chunk)
    yield chunk
  }
}

/** Counts the records of a table that are not blank: line ends outside quotes, one byte after another. */
export class RecordCounter implements Counter {
  n = 0
  private inQuotes = false
  private isBlank = true
  private readonly delimiter: number
  constructor(delimiter: string) {
    this.delimiter = delimiter.charCodeAt(0)
  }
  update(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === 0x22) this.inQuotes = !this.inQuotes
      else if (byte === 0x0a && !this.inQuotes) this.end()
      else if (byte > 0x20 && byte !== this.delimiter) this.isBlank = false
    }
  }
  /** Ends the last record, which may lack its line end; gives the number of records. */
  end(): number {
    if (!this.isBlank) this.n++
    this.isBlank = true
    return this.n
  }
}
