// SPDX-License-Identifier: Apache-2.0

/** A stretch of bytes, `to` excluded. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/**
 * Where in a capture a pointer leads: `/runs/0/results/3` (JSON), `line 12`, `record 4` (the n-th top object) or
 * `TestResult[1]/rule-result[5]` (the n-th element within the n-th). `undefined` when it leads nowhere.
 */
export function locate(bytes: Buffer, pointer: string): Stretch | undefined {
  const line = /^lines? (\d{1,9})(?:-(\d{1,9}))?$/.exec(pointer)
  if (line) return lines(bytes, Number(line[1]), Number(line[2] ?? line[1]))
  const record = /^record (\d{1,9})$/.exec(pointer)
  if (record) return member(bytes, [], Number(record[1]))
  if (pointer.startsWith('/')) {
    const path = pointer
      .slice(1)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    return member(bytes, path, 1)
  }
  return elements(bytes, pointer)
}

function lines(bytes: Buffer, first: number, last: number): Stretch | undefined {
  let from = 0
  for (let n = 1; n < first; n++) {
    const end = bytes.indexOf(10, from)
    if (end < 0) return undefined
    from = end + 1
  }
  let to = from
  for (let n = first; n <= last; n++) {
    const end = bytes.indexOf(10, to)
    if (end < 0) return from < bytes.length ? { from, to: bytes.length } : undefined
    to = end + 1
  }
  return { from, to: to - 1 }
}

/** Finds the start tag of the n-th element inside the n-th element…, by counting tags. */
function elements(bytes: Buffer, pointer: string): Stretch | undefined {
  let at = -1
  for (const step of pointer.split('/')) {
    const parts = /^([A-Za-z_][\w.-]*)\[(\d{1,9})\]$/.exec(step)
    if (!parts) return undefined
    const [, name = '', count = ''] = parts
    for (let n = Number(count); n > 0; n--) {
      at = nextTag(bytes, name, at + 1)
      if (at < 0) return undefined
    }
  }
  const name = pointer.slice(pointer.lastIndexOf('/') + 1, pointer.lastIndexOf('['))
  const end = bytes.indexOf(`${name}>`, at + name.length + 1)
  return { from: at, to: end < 0 ? bytes.length : end + name.length + 1 }
}

/** The `<` of the next start tag with this local name. */
function nextTag(bytes: Buffer, name: string, from: number): number {
  for (let at = bytes.indexOf(name, from); at >= 0; at = bytes.indexOf(name, at + 1)) {
    const after = bytes[at + name.length] ?? 0
    if (after !== 0x3e && after !== 0x2f && after > 0x20) continue
    if (bytes[at - 1] === 0x3c) return at - 1
    if (bytes[at - 1] !== 0x3a) continue
    const open = bytes.lastIndexOf(0x3c, at - 1) // a prefix, as in <xccdf:rule-result
    if (open >= from && /^<[\w.-]+:$/.test(bytes.toString('latin1', open, at))) return open
  }
  return -1
}

/** Walks a JSON text to a member without building it. `nth` counts values at the top, from 1. */
function member(bytes: Buffer, path: readonly string[], nth: number): Stretch | undefined {
  let at = 0
  for (let n = 1; n < nth; n++) {
    const end = skip(bytes, blank(bytes, at))
    if (end === undefined) return undefined
    at = end
  }
  at = blank(bytes, at)
  for (const name of path) {
    const found = child(bytes, at, name)
    if (found === undefined) return undefined
    at = found
  }
  const to = skip(bytes, at)
  return to === undefined ? undefined : { from: at, to }
}

const BYTE_ORDER_MARK = 0xef

function blank(bytes: Buffer, from: number): number {
  let at = from
  if (at === 0 && bytes[0] === BYTE_ORDER_MARK) at = 3
  while (at < bytes.length && bytes[at]! <= 0x20) at++ // below length
  return at
}

/** The start of a member's value. */
function child(bytes: Buffer, at: number, name: string): number | undefined {
  const isList = bytes[at] === 0x5b
  if (!isList && bytes[at] !== 0x7b) return undefined
  let next = blank(bytes, at + 1)
  for (let index = 0; ; index++) {
    let isIt = isList && String(index) === name
    if (!isList) {
      const end = skip(bytes, next)
      if (end === undefined || bytes[next] !== 0x22) return undefined
      isIt = bytes.toString('utf8', next + 1, end - 1) === name
      next = blank(bytes, end)
      if (bytes[next] !== 0x3a) return undefined
      next = blank(bytes, next + 1)
    }
    if (isIt) return next
    const end = skip(bytes, next)
    if (end === undefined) return undefined
    next = blank(bytes, end)
    if (bytes[next] !== 0x2c) return undefined
    next = blank(bytes, next + 1)
  }
}

/** The end of the value that begins at `at`. */
function skip(bytes: Buffer, at: number): number | undefined {
  let depth = 0
  let i = at
  while (i < bytes.length) {
    const byte = bytes[i]! // below length
    if (byte === 0x22) {
      const end = endOfString(bytes, i)
      if (end === undefined) return undefined
      i = end
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++
      i++
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i
      depth--
      i++
    } else {
      if (depth === 0 && (byte <= 0x20 || byte === 0x2c || byte === 0x3a) && i > at) return i
      i++
      continue
    }
    if (depth === 0) return i
  }
  return depth === 0 && i > at ? i : undefined
}

function endOfString(bytes: Buffer, quote: number): number | undefined {
  for (let end = bytes.indexOf(0x22, quote + 1); end >= 0; end = bytes.indexOf(0x22, end + 1)) {
    let slashes = 0
    while (bytes[end - 1 - slashes] === 0x5c) slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return undefined
}
