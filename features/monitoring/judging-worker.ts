// SPDX-License-Identifier: Apache-2.0
import { parentPort } from 'node:worker_threads'
import { parseCheck } from '../../catalog/check.ts'
import { readRow } from '../../catalog/cel.ts'
import type { Body, LookupIndexes, Subject } from '../../catalog/joins.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { compileCheck, faultyExamples, type CompiledCheck, type Judged } from '../../catalog/verdict.ts'
import { invariant } from '../../lib/refused.ts'
import { PROGRESS_CHECK, STATUSES, type Answer, type Question, type Reply } from './questions.ts'

/** The thread in which checks are evaluated: it can be ended from outside whatever an expression does. */

interface Opened {
  readonly checks: readonly CompiledCheck[]
  readonly indexes: readonly LookupIndexes[]
  readonly now: Date
  readonly progress: Int32Array
}

let opened: Opened | undefined
const rows = new Map<string, Body[]>()

function answer(question: Question): Reply {
  switch (question.type) {
    case 'rows': {
      const known = rows.get(question.kind) ?? []
      for (const text of question.bodies) known.push(JSON.parse(text) as Body) // facts were checked when recorded
      rows.set(question.kind, known)
      return { type: 'ready' }
    }
    case 'open': {
      const checks = question.texts.map((text) => compileCheck(parseCheck(text), kindOf))
      const indexes = checks.map((compiled) =>
        Object.fromEntries(
          Object.entries(compiled.lookups).map(([name, kind]) => [name, compiled.index(name, rows.get(kind.id) ?? [])]),
        ),
      )
      opened = { checks, indexes, now: new Date(question.now), progress: new Int32Array(question.progress) }
      rows.clear()
      return { type: 'ready' }
    }
    case 'judge': {
      invariant(opened, 'a session is opened before it judges')
      const { checks, indexes, now, progress } = opened
      const bodies = question.bodies.map((text) => JSON.parse(text) as Body)
      // All checks of a session are about one kind: each fact is made ready once.
      const kind = checks[0]?.kind
      const subjects = bodies.map((body): Subject => (kind ? { body, row: readRow(kind, body) } : { body }))
      const answers = checks.map((compiled, i): Answer => {
        Atomics.store(progress, PROGRESS_CHECK, i)
        return judgeAll(subjects, (subject) => compiled.judge(subject, indexes[i]!, now)) // one entry a check
      })
      return { type: 'answers', answers }
    }
    case 'examples':
      return { type: 'faults', faults: faultyExamples(compileCheck(parseCheck(question.text), kindOf)) }
    case 'explain': {
      invariant(opened, 'a session is opened before it explains')
      const { checks, indexes, now } = opened
      const [compiled, index] = [checks[0], indexes[0]]
      invariant(compiled && index, 'an explanation is of one check')
      return { type: 'explained', explained: compiled.explain({ body: JSON.parse(question.body) as Body }, index, now) }
    }
  }
}

function judgeAll(subjects: readonly Subject[], judge: (subject: Subject) => Judged): Answer {
  const codes = new Uint8Array(subjects.length)
  const because: Record<number, string> = {}
  for (const [i, subject] of subjects.entries()) {
    const judged = judge(subject)
    codes[i] = STATUSES.indexOf(judged.status)
    if (judged.because !== null) because[i] = judged.because
  }
  return { codes, because }
}

parentPort?.on('message', (question: Question) => {
  try {
    parentPort?.postMessage(answer(question))
  } catch (error) {
    parentPort?.postMessage({
      type: 'broken',
      message: error instanceof Error ? error.message : String(error),
    } satisfies Reply)
  }
})
