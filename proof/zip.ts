// SPDX-License-Identifier: Apache-2.0
import { concat, equal, fromUtf8, owned, type Bytes } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { Malformed } from './malformed.ts'
import { centralHeader, LIMIT16, LIMIT32, localHeader, SIGNATURE, zipEnd, type ZipEntry } from './zip-form.ts'

/** Bytes that can be read from anywhere: a file, a dropped `Blob`, memory. Safe to read at several places at once. */
export interface RandomAccess {
  readonly size: number
  /** The bytes from `from` to `to` (exclusive), or fewer at the end. */
  read(from: number, to: number): Promise<Uint8Array>
  /** The same bytes in pieces, each good only until the next is asked for: large files without a new buffer a piece. */
  scan?(from: number, to: number): AsyncGenerator<Bytes>
}

/** What a zip may be at most; a bundle of 100,000 items of evidence stays far below. */
export interface ZipLimits {
  readonly entries: number
  /** All files together, unpacked. */
  readonly size_bytes: number
  /** Unpacked over packed, of one file. */
  readonly ratio: number
}
export const ZIP_LIMITS: ZipLimits = { entries: 2_000_000, size_bytes: 2 ** 40, ratio: 200 }

export interface Zip {
  readonly entries: readonly ZipEntry[]
  /** Whether directory and headers are byte for byte as we write them: nothing hidden between, before or after files. */
  readonly plain: boolean
  /**
   * The bytes of a file in pieces, each good only until the next is asked for; the checksum and the size are checked.
   * @throws Malformed ZIP
   */
  open(entry: ZipEntry): AsyncGenerator<Uint8Array>
}

const CHUNK = 1 << 20
const END_SIZE = 22
const LOCAL_SIZE = 30
const CENTRAL_SIZE = 46

export const memoryAccess = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  read: async (from, to) => bytes.subarray(from, to),
})

/** A file that was dropped on a page. */
export const blobAccess = (blob: Blob): RandomAccess => ({
  size: blob.size,
  read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
})

/**
 * Opens a zip without unpacking anything.
 * @throws Malformed ZIP when it is none, is beyond the limits, or has a name that leads out of its folder or comes twice
 */
export async function openZip(access: RandomAccess, limits: ZipLimits = ZIP_LIMITS): Promise<Zip> {
  const directory = await findDirectory(access)
  if (directory.count > limits.entries)
    throw new Malformed('ZIP', `expected at most ${limits.entries} files, got ${directory.count}`)
  if (directory.offset + directory.size > directory.end)
    throw new Malformed('ZIP', `expected a directory before byte ${directory.end}, got ${directory.size} bytes of it`)
  const { entries, encrypted } = readDirectory(await read(access, directory.offset, directory.size), directory.count)
  if (encrypted) throw new Malformed('ZIP', 'expected readable files, got encrypted ones')
  checkEntries(entries, limits)
  const tail = await read(access, directory.offset, access.size - directory.offset)
  const plainTail = concat(...entries.map(centralHeader), zipEnd({ ...directory, count: entries.length }))
  const plain = equal(plainTail, tail) && (await hasPlainHeaders(access, entries, directory.offset))
  return { entries, plain, open: (entry) => unpack(access, entry) }
}

interface Directory {
  readonly offset: number
  readonly size: number
  readonly count: number
  /** Where the records that end the zip begin. */
  readonly end: number
}

async function findDirectory(access: RandomAccess): Promise<Directory> {
  const from = Math.max(0, access.size - END_SIZE - LIMIT16)
  const tail = view(await read(access, from, access.size - from))
  for (let at = tail.byteLength - END_SIZE; at >= 0; at--) {
    if (tail.getUint32(at, true) !== SIGNATURE.end) continue
    if (at + END_SIZE + tail.getUint16(at + 20, true) !== tail.byteLength) continue
    const end = from + at
    const count = tail.getUint16(at + 10, true)
    const size = tail.getUint32(at + 12, true)
    const offset = tail.getUint32(at + 16, true)
    const big = count === LIMIT16 || size === LIMIT32 || offset === LIMIT32
    return big ? await findDirectory64(access, end) : { count, size, offset, end }
  }
  throw new Malformed('ZIP', 'expected a zip file, got something without its end')
}

async function findDirectory64(access: RandomAccess, end: number): Promise<Directory> {
  const locator = view(await read(access, end - 20, 20))
  if (locator.getUint32(0, true) !== SIGNATURE.locator64) throw new Malformed('ZIP', 'expected a zip64 locator')
  const at = whole(locator.getBigUint64(8, true))
  const record = view(await read(access, at, 56))
  if (record.getUint32(0, true) !== SIGNATURE.end64) throw new Malformed('ZIP', 'expected the zip64 end record')
  return {
    count: whole(record.getBigUint64(32, true)),
    size: whole(record.getBigUint64(40, true)),
    offset: whole(record.getBigUint64(48, true)),
    end: at,
  }
}

function readDirectory(bytes: Uint8Array, count: number): { entries: ZipEntry[]; encrypted: boolean } {
  const fields = view(bytes)
  const entries: ZipEntry[] = []
  let encrypted = false
  let at = 0
  while (at < bytes.length) {
    if (at + CENTRAL_SIZE > bytes.length || fields.getUint32(at, true) !== SIGNATURE.central)
      throw new Malformed('ZIP', `expected a file's header at byte ${at} of the directory`)
    const header = at
    const short = (field: number): number => fields.getUint16(header + field, true)
    const long = (field: number): number => fields.getUint32(header + field, true)
    const nameEnd = header + CENTRAL_SIZE + short(28)
    const extraEnd = nameEnd + short(30)
    at = extraEnd + short(32)
    encrypted ||= (short(8) & 1) !== 0
    entries.push({
      name: fromUtf8(bytes.subarray(header + CENTRAL_SIZE, nameEnd)),
      method: short(10),
      crc: long(16),
      ...sizes64({ size_bytes: long(24), packed_bytes: long(20), offset: long(42) }, bytes.subarray(nameEnd, extraEnd)),
    })
  }
  if (at !== bytes.length || entries.length !== count)
    throw new Malformed('ZIP', `expected ${count} files in the directory, got ${entries.length}`)
  return { entries, encrypted }
}

type Sizes = Pick<ZipEntry, 'size_bytes' | 'packed_bytes' | 'offset'>

/** Sizes and offset, taken in this order from the zip64 field where the plain one is full (APPNOTE 4.5.3). */
function sizes64(plain: Sizes, extra: Uint8Array): Sizes {
  const fields = view(extra)
  const wide: number[] = []
  for (let at = 0; at + 4 <= extra.length; at += 4 + fields.getUint16(at + 2, true)) {
    const end = Math.min(at + 4 + fields.getUint16(at + 2, true), extra.length)
    if (fields.getUint16(at, true) !== 1) continue
    for (let field = at + 4; field + 8 <= end; field += 8) wide.push(whole(fields.getBigUint64(field, true)))
  }
  const widened = (value: number): number => (value === LIMIT32 ? (wide.shift() ?? value) : value)
  const size_bytes = widened(plain.size_bytes)
  const packed_bytes = widened(plain.packed_bytes)
  return { size_bytes, packed_bytes, offset: widened(plain.offset) }
}

function checkEntries(entries: readonly ZipEntry[], limits: ZipLimits): void {
  const names = new Set<string>()
  let total = 0
  for (const { name, method, packed_bytes, size_bytes } of entries) {
    if (!isSafePath(name.endsWith('/') ? name.slice(0, -1) : name))
      throw new Malformed('ZIP', `expected a path that stays in its folder, got ${JSON.stringify(name)}`)
    if (names.has(name)) throw new Malformed('ZIP', `expected each file once, got ${name} twice`)
    names.add(name)
    if (method !== 0 && method !== 8)
      throw new Malformed('ZIP', `expected stored or deflated files, got method ${method}`)
    if (method === 0 && packed_bytes !== size_bytes)
      throw new Malformed('ZIP', `expected ${size_bytes} stored bytes of ${name}, got ${packed_bytes}`)
    if (size_bytes > packed_bytes * limits.ratio + CHUNK)
      throw new Malformed('ZIP', `expected at most ${limits.ratio} times the packed size, got ${size_bytes} of ${name}`)
    total += size_bytes
  }
  if (total > limits.size_bytes) throw new Malformed('ZIP', `expected at most ${limits.size_bytes} bytes, got ${total}`)
}

/** Whether a path is relative, has no empty, `.` or `..` part, and no character that a file system reads otherwise. */
export const isSafePath = (path: string): boolean =>
  path.length <= 400 &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\p{Cc}\\:*?"<>|]/u.test(part))

/** Whether each local header is as we write it and follows the file before without a gap. */
async function hasPlainHeaders(access: RandomAccess, entries: readonly ZipEntry[], end: number): Promise<boolean> {
  let at = 0
  for (const entry of entries) {
    const expected = localHeader(entry)
    if (entry.offset !== at || at + expected.length > end) return false
    if (!equal(expected, await read(access, at, expected.length))) return false
    at += expected.length + entry.packed_bytes
  }
  return at === end
}

async function* unpack(access: RandomAccess, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const header = view(await read(access, entry.offset, LOCAL_SIZE))
  if (header.getUint32(0, true) !== SIGNATURE.local)
    throw new Malformed('ZIP', `expected the header of ${entry.name} at byte ${entry.offset}`)
  const from = entry.offset + LOCAL_SIZE + header.getUint16(26, true) + header.getUint16(28, true)
  const packed = pieces(access, from, entry.packed_bytes)
  let crc = 0
  let size = 0
  for await (const piece of entry.method === 0 ? packed : inflate(packed, entry.name)) {
    size += piece.length
    // Before anything is handed on: a bomb is stopped at the size it claimed.
    if (size > entry.size_bytes) break
    crc = crc32(piece, crc)
    yield piece
  }
  if (size !== entry.size_bytes || crc !== entry.crc)
    throw new Malformed('ZIP', `expected ${entry.size_bytes} bytes of ${entry.name} with their checksum, got others`)
}

async function* pieces(access: RandomAccess, from: number, size: number): AsyncGenerator<Bytes> {
  if (access.scan && size > CHUNK) return yield* access.scan(from, from + size)
  for (let at = from; at < from + size; at += CHUNK)
    yield owned(await read(access, at, Math.min(CHUNK, from + size - at)))
}

async function* inflate(packed: AsyncGenerator<Bytes>, name: string): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await packed.next()
      if (done) controller.close()
      else controller.enqueue(value.slice())
    },
  })
  const reader = source.pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  let flowing = true
  try {
    for (;;) {
      const { done, value } = await reader.read()
      flowing = !done
      if (done) return
      yield value
    }
  } catch (error) {
    flowing = false
    // Both Node and browsers say "not deflated" with a TypeError; anything else is not ours to explain.
    if (!(error instanceof TypeError)) throw error
    throw new Malformed('ZIP', `expected deflated bytes of ${name}, got others`)
  } finally {
    if (flowing) await reader.cancel()
  }
}

async function read(access: RandomAccess, from: number, size: number): Promise<Uint8Array> {
  const bytes = from < 0 || size < 0 ? undefined : await access.read(from, from + size)
  if (bytes?.length !== size) throw new Malformed('ZIP', `expected ${size} bytes at ${from}, got ${bytes?.length ?? 0}`)
  return bytes
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function whole(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed('ZIP', `expected a size under 2^53, got ${value}`)
  return Number(value)
}
