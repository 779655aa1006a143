// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Refused } from '../../lib/refused.ts'
import { kindOf } from '../kinds/registry.ts'
import { digestRows } from '../row-digests.ts'
import { formatOf } from './registry.ts'
import { columnsOf } from './row-columns.ts'
import type { Answer, Task } from './run.ts'
import { asUtf8 } from './text-encoding.ts'

/** The thread in which a file is read: whatever the file does to it, the server only sees an answer or none. */

const PIECE_BYTES = 1024 * 1024
const ROWS_A_MESSAGE = 5000

function* piecesOf(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      const size = readSync(file, piece)
      if (size === 0) return
      yield piece.subarray(0, size)
    }
  } finally {
    closeSync(file)
  }
}

const answer = (message: Answer): void => parentPort?.postMessage(message)

async function read({ format, path, options }: Task): Promise<void> {
  const reader = formatOf(format)
  const pieces = piecesOf(path)
  const parsed = await reader.read(reader.isText ? asUtf8(pieces) : pieces, options)
  for (const [n, { rows, ...rest }] of parsed.entries()) {
    const { digests, ...digested } = digestRows(kindOf(rest.kind), rows)
    answer({ type: 'stream', rest, ...digested, digests: Buffer.concat(digests) })
    for (let from = 0; from < rows.length; from += ROWS_A_MESSAGE)
      answer({ type: 'rows', n, columns: columnsOf(rows.slice(from, from + ROWS_A_MESSAGE)) })
  }
  answer({ type: 'done' })
}

try {
  await read(workerData as Task) // made by run.ts, which alone starts this thread
} catch (error) {
  if (!(error instanceof Refused)) throw error
  const { code, message, status, pointer } = error
  answer({ type: 'refused', code, message, status, ...(pointer === undefined ? {} : { pointer }) })
}
