// SPDX-License-Identifier: Apache-2.0
import { TextDecoder } from 'node:util'
import { SaxesParser } from 'saxes'
import { refuseFile } from '../import.ts'

/** What a reader of XML sees. Names are without prefix. */
export interface XmlReader {
  open(name: string, attributes: Readonly<Record<string, string>>): void
  close(name: string): void
  /** Whether the text of the element that was just opened is wanted; unwanted text is never built. */
  wantsText(): boolean
  text(text: string): void
}

const DEEPEST = 128
const MOST_ATTRIBUTES = 100
const LONGEST_ATTRIBUTE = 64 * 1024
const LONGEST_TEXT = 1024 * 1024

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

/**
 * Reads XML piece by piece in flat memory. A document type is refused, so no entity is ever defined, expanded or
 * fetched; depth and attributes are bounded. @throws Refused FILE_HOSTILE, FILE_MALFORMED, FILE_TRUNCATED
 */
export function readXml(chunks: Iterable<Uint8Array>, reader: XmlReader): void {
  const parser = new SaxesParser({ xmlns: false as const, fragment: false, position: false })
  let depth = 0
  let attributes = 0
  let isEnding = false
  parser.on('error', (error) => {
    // What a parser says at the end is that something was left open.
    throw isEnding
      ? refuseFile('FILE_TRUNCATED', `the file ends in the middle (${error.message}); have it written again`)
      : refuseFile('FILE_MALFORMED', `expected well-formed XML, got a fault: ${error.message.slice(0, 200)}`)
  })
  parser.on('doctype', () => {
    throw refuseFile('FILE_HOSTILE', 'the file has a DOCTYPE; reports have none, and entities are never expanded')
  })
  parser.on('xmldecl', ({ encoding }) => {
    // UTF-16 was turned into UTF-8 on the way here; its declaration still says otherwise.
    if (encoding !== undefined && !/^(?:utf-?8|utf-?16(?:le|be)?|us-ascii)$/i.test(encoding))
      throw refuseFile('FILE_MALFORMED', `expected UTF-8, the file says ${encoding.slice(0, 40)}`)
  })
  parser.on('opentagstart', () => {
    attributes = 0
    if (++depth > DEEPEST) throw refuseFile('FILE_HOSTILE', `the file nests deeper than ${DEEPEST} elements`)
  })
  parser.on('attribute', ({ value }) => {
    if (++attributes > MOST_ATTRIBUTES || value.length > LONGEST_ATTRIBUTE)
      throw refuseFile(
        'FILE_HOSTILE',
        `an element has more than ${MOST_ATTRIBUTES} attributes, or one of more than ${LONGEST_ATTRIBUTE} characters`,
      )
  })
  const listen = (): void => {
    const onText = (text: string): void => {
      if (text.length > LONGEST_TEXT)
        throw refuseFile('FILE_HOSTILE', `a text is longer than ${LONGEST_TEXT} characters`)
      reader.text(text)
    }
    if (reader.wantsText()) {
      parser.on('text', onText)
      parser.on('cdata', onText)
    } else {
      parser.off('text')
      parser.off('cdata')
    }
  }
  parser.on('opentag', (tag) => {
    reader.open(local(tag.name), tag.attributes)
    listen()
  })
  parser.on('closetag', (tag) => {
    depth--
    reader.close(local(tag.name))
    listen()
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (const chunk of chunks) parser.write(decode(decoder, chunk))
  isEnding = true
  parser.write(decode(decoder))
  parser.close()
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch (error) {
    if (error instanceof TypeError) throw refuseFile('FILE_MALFORMED', 'expected UTF-8, got bytes that are not')
    throw error
  }
}
