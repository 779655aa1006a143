// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'

/** A commit object, parsed from its own bytes. */
export interface Commit {
  readonly sha: string
  readonly parents: readonly string[]
  readonly author: Person
  readonly committer: Person
  readonly title: string
  readonly message: string
  readonly signed: boolean
}

export interface Person {
  readonly name: string
  readonly email: string
  /** ISO moment; undefined when the date is none. */
  readonly at: string | undefined
}

/** The objects in an answer of `git cat-file --batch`, by the name that was asked for; missing ones are left out. */
export function objectsIn(batch: Buffer): Map<string, { readonly type: string; readonly bytes: Buffer }> {
  const found = new Map<string, { type: string; bytes: Buffer }>()
  for (let at = 0; at < batch.length;) {
    const end = batch.indexOf(10, at)
    if (end === -1) break
    const header = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(batch.toString('latin1', at, end))
    at = end + 1
    if (!header) continue
    const size = Number(header[3])
    if (at + size > batch.length) break
    found.set(header[1]!, { type: header[2]!, bytes: batch.subarray(at, at + size) }) // the pattern has three groups
    at += size + 1
  }
  return found
}

/** Whether the bytes are what their name says: git names objects by the hash of their content. */
export function isAuthentic(sha: string, type: string, bytes: Buffer): boolean {
  const hash = createHash(sha.length === 40 ? 'sha1' : 'sha256')
  return hash.update(`${type} ${bytes.length}\0`).update(bytes).digest('hex') === sha
}

/** Parses a commit object. @returns undefined when it has no readable author and committer */
export function parseCommit(sha: string, bytes: Buffer): Commit | undefined {
  const split = bytes.indexOf('\n\n')
  const head = bytes.subarray(0, split === -1 ? bytes.length : split)
  const encoding = /^encoding (\S+)$/m.exec(head.toString('latin1'))?.[1]
  const header = decode(head, encoding)
  const author = personIn(header, 'author')
  const committer = personIn(header, 'committer')
  if (!author || !committer) return undefined
  const message = split === -1 ? '' : decode(bytes.subarray(split + 2), encoding)
  return {
    sha,
    parents: [...header.matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map((match) => match[1]!), // the pattern has one group
    author,
    committer,
    title: (message.split('\n').find((line) => line.trim() !== '') ?? '').trim().slice(0, 500),
    message,
    signed: /^gpgsig(-sha256)? /m.test(header),
  }
}

function decode(bytes: Uint8Array, encoding: string | undefined): string {
  try {
    return new TextDecoder(encoding ?? 'utf-8').decode(bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return new TextDecoder('utf-8').decode(bytes) // an encoding nobody knows
  }
}

function personIn(header: string, role: 'author' | 'committer'): Person | undefined {
  const match = new RegExp(`^${role} (.*?) ?<([^>\\n]*)> (-?\\d+) [+-]\\d{4}$`, 'm').exec(header)
  if (!match) return undefined
  return { name: match[1]!.trim(), email: match[2]!.trim(), at: momentOf(Number(match[3])) } // the pattern has three groups
}

const LAST_SECOND = 253_402_300_799 // 9999-12-31, the last year that ISO text with four digits can say

/** Seconds since 1970 as ISO text; undefined for a moment that no clock showed. */
export function momentOf(seconds: number): string | undefined {
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > LAST_SECOND) return undefined
  return new Date(seconds * 1000).toISOString()
}

/** Addresses under which forges commit on behalf of the person who pressed the button. */
const FORGES =
  /^(noreply@github\.com|noreply@gitlab\.com|noreply@(.*\.)?(codeberg|gitea|forgejo|bitbucket)\.(org|io|com))$/i

export const isForge = (person: Person): boolean => FORGES.test(person.email)

/** Whether words such as `Ada Lind <ada@example.org>`, an address or a name mean the person. */
export function isNamed(words: string, { name, email }: Pick<Person, 'name' | 'email'>): boolean {
  const said = words.trim().toLowerCase()
  const address = /<([^<>]*)>/.exec(said)?.[1] ?? said
  return (email !== '' && address.trim() === email.toLowerCase()) || (name !== '' && said === name.toLowerCase())
}

const TRAILER = /^(?:reviewed|acked|approved)-by:\s*(\S.*)$/i

/** People named by review trailers in the last paragraph of a message: `Ada <ada@example.org>`. */
export function reviewTrailers(message: string): string[] {
  const last =
    message
      .trimEnd()
      .split(/\n\s*\n/)
      .at(-1) ?? ''
  return last.split('\n').flatMap((line) => {
    const name = TRAILER.exec(line.trim())?.[1]
    return name === undefined ? [] : [name.trim().slice(0, 300)]
  })
}

/** Number of the change request that a merge or squash names: `#42` (pull request), `!7` (merge request). */
export function changeRequestIn(commit: Pick<Commit, 'title' | 'message'>): string | null {
  const pull = /^Merge pull request (#\d+)\b/.exec(commit.title) ?? /\((#\d+|!\d+)\)$/.exec(commit.title)
  if (pull) return pull[1] ?? null
  return /^See merge request \S*?(!\d+)$/m.exec(commit.message)?.[1] ?? null
}

export type Signature = 'good' | 'bad' | 'untrusted' | 'none'

/** What git's verdict letter (`%G?`) says, given whether there is a signature at all. */
export function signatureOf(letter: string, signed: boolean): Signature {
  if (letter === 'G') return 'good'
  if (letter === 'B') return 'bad'
  // U, X, Y, R, E: there is one, and nobody here vouches for its key. N for a signed object: it could not be checked.
  return letter === 'N' && !signed ? 'none' : 'untrusted'
}
