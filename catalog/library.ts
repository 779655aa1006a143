// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCheck, type Check } from './check.ts'

/** A check that comes with the product: its text, and what the text says. */
export interface LibraryCheck {
  readonly check: Check
  readonly text: string
  /** SHA-256 of the text, hex. */
  readonly sha256: string
}

export const FOLDER = join(import.meta.dirname, 'checks')
let read: readonly LibraryCheck[] | undefined

/** All checks of `catalog/checks/`, by id; read once. @throws Refused BAD_CHECK for a file that is no check */
export function libraryChecks(): readonly LibraryCheck[] {
  read ??= readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(FOLDER, name), 'utf8')
      return { check: parseCheck(text), text, sha256: textHash(text) }
    })
  return read
}

export const textHash = (text: string): string => hash('sha256', text, 'hex')
