// SPDX-License-Identifier: Apache-2.0
import { fileTypeFromBuffer } from 'file-type'
import { Refused } from '../../lib/refused.ts'
import { refuseFile, type Format } from '../import.ts'
import { csv } from './csv.ts'
import { document } from './document.ts'
import { ocsf } from './ocsf.ts'
import { sarif } from './sarif.ts'
import { encodingOf } from './text-encoding.ts'
import { xccdf } from './xccdf.ts'

/** Every file format that Assay reads, in the order in which they are tried. */
export const formats: readonly Format[] = [ocsf, sarif, xccdf, csv, document]

const byId = new Map(formats.map((format) => [format.id, format]))

/** @throws Refused UNKNOWN_FORMAT */
export function formatOf(id: string): Format {
  const format = byId.get(id)
  if (!format)
    throw new Refused('UNKNOWN_FORMAT', `expected one of ${[...byId.keys()].join(', ')}; got ${id.slice(0, 60)}`, {
      pointer: '/format',
    })
  return format
}

/** How many bytes from the start of a file are looked at to tell what it is. */
export const HEAD_BYTES = 64 * 1024

/**
 * The format of a file by its content. @throws Refused UNKNOWN_FORMAT saying what the file seems to be and what is known
 */
export async function detectFormat(head: Buffer, name: string): Promise<Format> {
  const text = readableText(head)
  const format = text && formats.find((candidate) => candidate.detect(text, name))
  if (format) return format
  const known = formats.filter((candidate) => candidate.id !== 'document').map((candidate) => candidate.name)
  throw refuseFile(
    'UNKNOWN_FORMAT',
    `${name} is ${await describeContent(head)}; formats that are read: ${known.join(', ')}. Attach it as a document to keep it as it is`,
  )
}

/** Refuses a file that is plainly something else than the format it was said to be. @throws Refused WRONG_FORMAT */
export async function expectFormat(format: Format, head: Buffer, name: string): Promise<void> {
  const text = readableText(head)
  if (format.id === 'document' || (text && format.detect(text, name))) return
  throw refuseFile('WRONG_FORMAT', `expected a file of the format ${format.name}, got ${await describeContent(head)}`)
}

/** What a file seems to be, in words. */
export async function describeContent(head: Buffer): Promise<string> {
  const type = await fileTypeFromBuffer(head)
  if (type && type.mime !== 'application/xml') {
    const isPacked = ['zip', 'gz', 'xz', 'bz2', '7z', 'zst', 'tar', 'rar'].includes(type.ext)
    return `a ${type.ext} file (${type.mime})${isPacked ? '; unpack it first and import the files inside' : ''}`
  }
  const text = readableText(head)?.toString('utf8').trimStart() ?? ''
  if (text === '') return 'a binary file of an unknown kind'
  if (/^(?:<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*)*<!DOCTYPE/i.test(text))
    return 'XML or HTML with a DOCTYPE; reports have none, and entities are never expanded'
  const root = /^(?:<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*)*<([A-Za-z_][\w.:-]*)/.exec(text)?.[1]
  if (root) return `XML with the root element ${root}`
  if (/^[[{]/.test(text)) {
    const members = [...text.slice(0, 4000).matchAll(/"([^"\\]{1,40})"\s*:/g)].map((match) => match[1])
    return `JSON${members.length > 0 ? ` with members such as ${[...new Set(members)].slice(0, 6).join(', ')}` : ''}`
  }
  return `text that begins ${JSON.stringify(text.slice(0, 60))}`
}

/** The start of a text as UTF-8; undefined when the bytes are no text. */
export function readableText(head: Buffer): Buffer | undefined {
  const { encoding, markBytes } = encodingOf(head)
  if (encoding !== 'utf-8') return Buffer.from(new TextDecoder(encoding).decode(head.subarray(0, head.length & ~1)))
  return head.includes(0) ? undefined : head.subarray(markBytes)
}
