// SPDX-License-Identifier: Apache-2.0
import { parseCheck } from '../../catalog/check.ts'
import { periodRow, SUBJECT } from '../../catalog/cel.ts'
import type { LookupIndexes } from '../../catalog/joins.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { allReads, rowReader, type Body, type ReadRow } from '../../catalog/rows.ts'
import { compileCheck, faultyExamples, type CompiledCheck, type Judged } from '../../catalog/verdict.ts'
import type { Frame, Row } from '../../lib/cel/value.ts'
import { invariant } from '../../lib/refused.ts'
import { STATUSES, type Answer, type Question, type Reply } from './questions.ts'

/** What the thread that evaluates checks says: one session at a time, and nothing but what it was told. */

/** A check with the facts it joins. */
interface Judge {
  readonly compiled: CompiledCheck
  readonly indexes: LookupIndexes
  readonly judge: (body: Body) => Judged
}

interface Opened {
  readonly judges: readonly Judge[]
  /** Reads a subject for all checks; all are about one kind. */
  readonly read: ReadRow
  /** What all checks see, one subject at a time. */
  readonly frame: Frame
  readonly now: Date
}

let opened: Opened | undefined
const rows = new Map<string, Body[]>()

function open(texts: readonly string[], now: string): Opened {
  const checks = texts.map((text) => compileCheck(parseCheck(text), kindOf))
  const reads = allReads(checks.map((compiled) => compiled.reads))
  const readers = new Map([...reads].map(([id, fields]) => [id, rowReader(kindOf(id), fields)]))
  // A row that several checks join is read once; where only one does, there is nothing to remember.
  const joins = checks.flatMap((compiled) => Object.values(compiled.lookups).map(({ id }) => id))
  const known = new Map<Body, Row>()
  const once = (id: string): ReadRow => {
    const read = readers.get(id)
    invariant(read, 'there is a reader for each kind')
    if (joins.filter((other) => other === id).length < 2) return read
    return (body) => {
      const row = known.get(body) ?? read(body)
      known.set(body, row)
      return row
    }
  }
  const moment = new Date(now)
  const frame: Frame = [null, periodRow(moment)]
  const judges = checks.map((compiled): Judge => {
    const indexes = Object.fromEntries(
      Object.entries(compiled.lookups).map(([name, { id }]) => [
        name,
        compiled.index(name, rows.get(id) ?? [], once(id)),
      ]),
    )
    return { compiled, indexes, judge: compiled.sit(frame, indexes) }
  })
  rows.clear()
  const subject = checks[0]?.kind.id
  const read = subject === undefined ? undefined : readers.get(subject)
  invariant(read, 'a session has checks')
  return { judges, read, frame, now: moment }
}

function answerTo(question: Question): Reply {
  switch (question.type) {
    case 'rows': {
      const known = rows.get(question.kind) ?? []
      for (const text of question.bodies) known.push(JSON.parse(text) as Body) // facts were checked when recorded
      rows.set(question.kind, known)
      return { type: 'ready' }
    }
    case 'open':
      opened = open(question.texts, question.now)
      return { type: 'ready' }
    case 'judge': {
      invariant(opened, 'a session is opened before it judges')
      const { judges } = opened
      return {
        type: 'answers',
        answers: judgeAll(
          question.bodies,
          question.checks.map((i) => judges[i]!),
          opened,
        ),
      } // places in the list of texts
    }
    case 'examples':
      return { type: 'faults', faults: faultyExamples(compileCheck(parseCheck(question.text), kindOf)) }
    case 'explain': {
      invariant(opened, 'a session is opened before it explains')
      const [judge] = opened.judges
      invariant(judge, 'an explanation is of one check')
      const { compiled, indexes } = judge
      return {
        type: 'explained',
        explained: compiled.explain(JSON.parse(question.body) as Body, indexes, opened.now),
      }
    }
  }
}

/** The answer to a question; a fault of ours in words, for it has to cross the border of a thread. */
export function answer(question: Question): Reply {
  try {
    return answerTo(question)
  } catch (error) {
    return { type: 'broken', message: error instanceof Error ? error.message : String(error) }
  }
}

/** All checks look at one fact before the next is read: it is parsed once and still in the cache. */
function judgeAll(bodies: readonly string[], judges: readonly Judge[], { read, frame }: Opened): Answer[] {
  const answers = judges.map(({ judge }) => ({ judge, found: new Answers(bodies.length) }))
  for (const [row, text] of bodies.entries()) {
    const body = JSON.parse(text) as Body // facts were checked when recorded
    frame[SUBJECT] = read(body)
    for (const { judge, found } of answers) found.set(row, judge(body))
  }
  return answers.map(({ found }) => found)
}

class Answers implements Answer {
  readonly codes: Uint8Array
  readonly because: Uint16Array
  readonly reasons: string[] = []
  private readonly places = new Map<string, number>()
  constructor(rows: number) {
    this.codes = new Uint8Array(rows)
    this.because = new Uint16Array(rows)
  }
  set(row: number, { status, because }: Judged): void {
    if (status === 'pass') return
    this.codes[row] = STATUSES.indexOf(status)
    if (because === null) return
    let place = this.places.get(because)
    if (place === undefined) {
      place = this.reasons.push(because)
      this.places.set(because, place)
    }
    this.because[row] = place
  }
}
