// SPDX-License-Identifier: Apache-2.0
import { isKeepable } from '../lib/keepable.ts'
import { Refused } from '../lib/refused.ts'

/**
 * Reads JSON from outside. A name that comes twice is refused, because two readers could each take another one (RFC 8259
 * section 4), and so are the names by which an object's prototype could be reached, and text that no database keeps: the
 * character U+0000 and halves of surrogate pairs.
 * @throws Refused INVALID_JSON
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Refused('INVALID_JSON', `expected JSON, got ${text.slice(0, 60)}`, { status: 400 })
  }
  checkNames(text)
  // Neither can stand in JSON, or in UTF-8, but by an escape.
  if (text.includes('\\u')) checkText(text)
  return value
}

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor'])
/** A string, or one of the signs that open and close; in text that is known to be JSON nothing else matters. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs

function checkNames(text: string): void {
  // One set of names for each open object, null for each open array.
  const open: (Set<string> | null)[] = []
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (isName(text, index + token.length)) checkName(open.at(-1), JSON.parse(token) as string)
  }
}

function checkText(text: string): void {
  for (const [token] of text.matchAll(TOKEN)) {
    if (!token.startsWith('"') || !token.includes('\\u')) continue
    if (!isKeepable(JSON.parse(token) as string))
      throw new Refused('INVALID_JSON', 'expected text without the character U+0000 and without half a character', {
        status: 400,
      })
  }
}

/** Whether the string that ends here is followed by a colon. */
function isName(text: string, end: number): boolean {
  let at = end
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}

function checkName(names: Set<string> | null | undefined, name: string): void {
  if (FORBIDDEN.has(name)) throw new Refused('INVALID_JSON', `expected no field with the name ${name}`, { status: 400 })
  if (names?.has(name))
    throw new Refused('INVALID_JSON', `expected each name once in an object, got "${name.slice(0, 60)}" twice`, {
      status: 400,
    })
  names?.add(name)
}
