// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads'
import { Refused, type RefusalStatus } from '../../lib/refused.ts'
import type { Row } from '../collected.ts'
import { rowsOf, type RowColumns } from './row-columns.ts'
import { refuseFile, type Parsed, type ReadOptions } from '../import.ts'

export interface Task {
  readonly format: string
  readonly path: string
  readonly options: ReadOptions
}

export type Answer =
  | {
      readonly type: 'stream'
      readonly rest: Omit<Parsed, 'rows'>
      readonly order: Uint32Array
      readonly root: string
      readonly parts: readonly string[]
      /** 32 bytes a row. */
      readonly digests: Uint8Array
    }
  | { readonly type: 'rows'; readonly n: number; readonly columns: RowColumns }
  | { readonly type: 'done' }
  | {
      readonly type: 'refused'
      readonly code: string
      readonly message: string
      readonly status: RefusalStatus
      readonly pointer?: string
    }

export interface Limits {
  readonly deadline_ms: number
  readonly memory_mb: number
}

/** A minute, and a second more for each megabyte: fifty times what an honest file takes. */
export const limitsFor = (size_bytes: number): Limits => ({
  deadline_ms: 60_000 + Math.ceil(size_bytes / 1000),
  memory_mb: 1024,
})

/**
 * Reads a file in a thread of its own, so that neither its size nor its malice reaches the server: the thread has its
 * own memory limit and is ended at the deadline. It gets no environment.
 * @throws Refused what the reader throws, FILE_TOO_SLOW, FILE_TOO_LARGE_TO_READ
 */
export async function readFileApart(
  task: Task,
  limits: Limits = limitsFor(task.options.size_bytes),
): Promise<Parsed[]> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: task,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.memory_mb, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  })
  const streams: (Parsed & { readonly rows: Row[] })[] = []
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Parsed[]>((resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(
            refuseFile('FILE_TOO_SLOW', `the file was not read within ${limits.deadline_ms} ms; nothing was recorded`),
          ),
        limits.deadline_ms,
      )
      worker.on('message', (answer: Answer) => {
        if (answer.type === 'stream') {
          const { rest, digests, type: _, ...digested } = answer
          streams.push({ ...rest, rows: [], digests: { ...digested, digests: hashesIn(digests) } })
        } else if (answer.type === 'rows') streams[answer.n]?.rows.push(...rowsOf(answer.columns))
        else if (answer.type === 'done') resolve(streams)
        else
          reject(
            new Refused(answer.code, answer.message, {
              status: answer.status,
              ...(answer.pointer === undefined ? {} : { pointer: answer.pointer }),
            }),
          )
      })
      worker.on('error', (error) => reject(isOutOfMemory(error) ? tooLarge(limits) : error))
      worker.on('exit', (code) => reject(new Error(`the reading thread ended early with code ${code}`)))
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

const hashesIn = ({ buffer, byteOffset, length }: Uint8Array): Buffer[] =>
  Array.from({ length: length / 32 }, (_, i) => Buffer.from(buffer, byteOffset + i * 32, 32))

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'

const tooLarge = (limits: Limits): Refused =>
  refuseFile(
    'FILE_TOO_LARGE_TO_READ',
    `reading the file took more than ${limits.memory_mb} MB of memory; split it into several`,
  )
