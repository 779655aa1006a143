// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads'
import type { Explanation } from '../../catalog/explain.ts'
import type { Judged } from '../../catalog/verdict.ts'
import { invariant } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { INCONCLUSIVE, type Answer, type Question, type Reply } from './questions.ts'

/** Rows a batch; so many are judged between two looks at the deadline. At most what 16 bits count. */
export const BATCH = 2000
/** How long one batch may take with one check. Only an expression that means harm takes so long. */
const DEADLINE_MS = 5000
const THREAD_LIMITS = { maxOldGenerationSizeMb: 1024, stackSizeMb: 4 }

export interface Session {
  /** Verdicts on a batch of facts (JSON texts), one answer a check. */
  judge(bodies: readonly string[]): Promise<Answer[]>
  /** The values behind the first check's verdict on one fact; `undefined` when it takes too long. */
  explain(body: string): Promise<(Judged & Explanation) | undefined>
  /** Gives the thread back; always to be called. */
  close(): void
}

export interface Opening {
  /** YAML texts of checks that were type-checked when they were saved. */
  readonly texts: readonly string[]
  readonly now: Instant
  /** Facts of the kinds that are joined, as JSON texts. */
  readonly rows: Readonly<Record<string, readonly string[]>>
  readonly deadline_ms?: number
}

/** Threads that are warm and free. They do not keep the process alive. */
const idle: Worker[] = []
const IDLE_MOST = 2

function takeThread(): Worker {
  const warm = idle.pop()
  if (warm) return warm
  const worker = new Worker(new URL('./judging-worker.ts', import.meta.url), { resourceLimits: THREAD_LIMITS })
  worker.unref()
  // A thread that dies while it is idle must not take the process with it; while it works, `ask` hears it too.
  worker.on('error', () => undefined)
  return worker
}

function giveBack(worker: Worker): void {
  if (idle.length < IDLE_MOST) idle.push(worker)
  else void worker.terminate()
}

const TOO_LATE = Symbol('the deadline has passed')

/** Asks one question. The thread is ended when it does not answer in time or runs out of memory. */
async function ask(worker: Worker, question: Question, deadline_ms: number): Promise<Reply | typeof TOO_LATE> {
  const { promise, resolve } = Promise.withResolvers<Reply | typeof TOO_LATE>()
  const heard = (reply: Reply): void => resolve(reply)
  const died = (): void => resolve(TOO_LATE)
  worker.once('message', heard)
  worker.once('error', died)
  worker.once('exit', died)
  worker.ref()
  const timer = setTimeout(died, deadline_ms)
  worker.postMessage(question)
  const reply = await promise
  clearTimeout(timer)
  worker.off('message', heard)
  worker.off('error', died)
  worker.off('exit', died)
  worker.unref()
  if (reply === TOO_LATE) void worker.terminate()
  return reply
}

/**
 * Opens a session: the checks are compiled and the joined facts indexed in a thread of their own. A check that does not
 * come to an end is given up and inconclusive for all its subjects; the other checks and the server go on.
 */
export async function openSession(opening: Opening): Promise<Session> {
  const deadline_ms = opening.deadline_ms ?? DEADLINE_MS
  const given = new Set<number>()
  let thread: Worker | undefined = await openThread(opening)
  /** Asks some checks; `undefined` when they do not answer in time, and then the thread is gone. */
  const judge = async (
    bodies: readonly string[],
    checks: readonly number[],
  ): Promise<readonly Answer[] | undefined> => {
    thread ??= await openThread(opening)
    const reply = await ask(thread, { type: 'judge', bodies, checks }, deadline_ms)
    if (reply === TOO_LATE) thread = undefined
    else invariant(reply.type === 'answers', wordOf(reply))
    return reply === TOO_LATE ? undefined : reply.answers
  }
  return {
    async judge(bodies) {
      const asked = opening.texts.flatMap((_, i) => (given.has(i) ? [] : [i]))
      const answers = new Map<number, Answer>()
      const together = await judge(bodies, asked)
      // Which of them is too slow is found by asking each by itself, so that none is given up for another.
      for (const [n, check] of asked.entries()) {
        const own = together?.[n] ?? (await judge(bodies, [check]))?.[0]
        if (own) answers.set(check, own)
        else given.add(check)
      }
      return opening.texts.map((_, i) => answers.get(i) ?? tooSlow(bodies.length, deadline_ms))
    },
    async explain(body) {
      thread ??= await openThread(opening)
      const reply = await ask(thread, { type: 'explain', body }, deadline_ms)
      if (reply === TOO_LATE) {
        thread = undefined
        return undefined
      }
      invariant(reply.type === 'explained', wordOf(reply))
      return reply.explained
    },
    close() {
      if (thread) giveBack(thread)
      thread = undefined
    },
  }
}

async function openThread({ texts, now, rows }: Opening): Promise<Worker> {
  const taken = takeThread()
  for (const [kind, bodies] of Object.entries(rows))
    for (let from = 0; from < bodies.length; from += 20 * BATCH)
      ready(await ask(taken, { type: 'rows', kind, bodies: bodies.slice(from, from + 20 * BATCH) }, 60_000))
  ready(await ask(taken, { type: 'open', texts, now }, 60_000))
  return taken
}

/** Judges the examples of a text that compiles. Gives what is wrong with them, in words. */
export async function examplesOf(text: string, deadline_ms = DEADLINE_MS): Promise<readonly string[]> {
  const thread = takeThread()
  const reply = await ask(thread, { type: 'examples', text }, deadline_ms)
  if (reply === TOO_LATE) return [`the examples could not be judged within ${deadline_ms / 1000} s`]
  giveBack(thread)
  invariant(reply.type === 'faults', wordOf(reply))
  return reply.faults
}

const wordOf = (reply: Reply): string => (reply.type === 'broken' ? reply.message : `the thread answered ${reply.type}`)

function ready(reply: Reply | typeof TOO_LATE): void {
  invariant(reply !== TOO_LATE, 'the facts that are joined fit in the memory of a thread')
  invariant(reply.type === 'ready', wordOf(reply))
}

const tooSlow = (rows: number, deadline_ms: number): Answer => ({
  codes: new Uint8Array(rows).fill(INCONCLUSIVE),
  because: new Uint16Array(rows).fill(1),
  reasons: [`the check did not come to an end within ${deadline_ms / 1000} s`],
})
