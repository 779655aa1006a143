// SPDX-License-Identifier: Apache-2.0
import { Malformed } from './malformed.ts'

/** What is looked at, in the order of a verification. */
export const CHECKS = {
  container: 'The zip holds nothing beside its files',
  layout: 'Every file has a place in the format',
  payload: 'Every file is listed with its SHA-256, and none is missing',
  tags: 'The lists themselves are unchanged',
  pinned: 'The log key is the one that was given',
  checkpoint: 'The log signed its size and root',
  leaf: 'The record is in the signed tree',
  manifest: 'The record commits to its statement',
  signature: 'A registered collector signed the statement',
  file: 'The file is the one the statement names',
  erased: 'The record was erased, and the log says so',
  key: 'The key is announced in the log',
  tree: 'All entries give the signed root',
  stream: 'No entry of a stream is missing or out of order',
  anchor: 'The statement is younger than the tree it names',
  time: 'A time-stamp authority saw the tree',
  seal: 'A registered collector signed the list of files',
} as const
export type Check = keyof typeof CHECKS

/** One thing that was looked at, and what came of it. */
export interface Verdict {
  readonly check: Check
  /** Path of the file, or the part of the bundle. */
  readonly subject: string
  readonly ok: boolean
  /** What had to be so. */
  readonly expected: string
  /** What was found. */
  readonly got: string
}

/** Takes each verdict as it comes. */
export type Report = (verdict: Verdict) => void

export const good = (check: Check, subject: string, got: string): Verdict => ({
  check,
  subject,
  ok: true,
  expected: CHECKS[check],
  got,
})

export const bad = (check: Check, subject: string, expected: string, got: string): Verdict => ({
  check,
  subject,
  ok: false,
  expected,
  got,
})

/** A verdict on two texts that must be the same. */
export const same = (check: Check, subject: string, expected: string, got: string): Verdict => ({
  check,
  subject,
  ok: expected === got,
  expected,
  got,
})

/** Runs a step. What cannot be read is a verdict against the bundle, never a crash. */
export async function judged<T>(
  check: Check,
  subject: string,
  step: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly verdict: Verdict }> {
  try {
    return { value: await step() }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { verdict: bad(check, subject, CHECKS[check], error.message) }
  }
}
