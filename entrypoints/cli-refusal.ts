// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'
import { Problematic, Unreachable } from './cli-server.ts'
import { problemOf } from './problem.ts'

/** How a command ends: 1 refused by Assay, 2 wrong words, 3 the server does not answer. */
export const EXIT = { refused: 1, usage: 2, unreachable: 3 } as const

/** Words that no command understands, known before anybody is asked. */
export class WrongWords extends Refused {}

/** Says on standard error what went wrong, for people or as a problem document. @returns the exit status. @throws a bug */
export function explain(error: unknown, json: boolean): number {
  const told = refusalOf(error)
  if (!told) throw error
  const { refused, status } = told
  if (json) process.stderr.write(`${JSON.stringify(documentOf(refused), null, 2)}\n`)
  else process.stderr.write(`${refused.code}: ${refused.message}\n`)
  return status
}

function refusalOf(error: unknown): { refused: Refused; status: number } | undefined {
  if (error instanceof Unreachable)
    return { refused: new Refused('UNREACHABLE', error.message, { status: 503 }), status: EXIT.unreachable }
  if (error instanceof WrongWords) return { refused: error, status: EXIT.usage }
  if (error instanceof Refused) return { refused: error, status: EXIT.refused }
  // A file that was named and cannot be read or written.
  if (error instanceof Error && 'syscall' in error && 'path' in error)
    return { refused: new Refused('FILE', error.message, { status: 400 }), status: EXIT.usage }
  return undefined
}

function documentOf(refused: Refused): object {
  if (refused instanceof Problematic) return refused.problem
  // No request was made, so none has an id.
  const { request_id: _, ...problem } = problemOf(refused, '')
  return problem
}
