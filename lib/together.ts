// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from './db.ts'
import { instant, type Instant } from './time.ts'

/** One of several questions: a function of a store that reads, and which of its columns are moments. */
export interface Question<R> {
  readonly ask: (tx: Tx) => Promise<R>
  /** Columns of type `timestamptz`; in the JSON of a shared statement they are texts of another form. */
  readonly moments: readonly string[]
}

export const question = <R>(moments: readonly string[], ask: (tx: Tx) => Promise<R>): Question<R> => ({ ask, moments })

type Answers<Q> = { -readonly [K in keyof Q]: Q[K] extends Question<infer R> ? R : never }

interface Asked {
  readonly statement: ReturnType<typeof sql>
  readonly moments: readonly string[]
  readonly answer: (rows: unknown[]) => void
}

/**
 * Asks several questions in one statement: a page then waits for the database once, however far away it is, and sees
 * everything at one moment. What a question asks before it awaits anything else goes along, one statement or several;
 * questions that are themselves asked together may stand inside.
 */
export async function together<Q extends Readonly<Record<string, Question<unknown>>>>(
  tx: Tx,
  questions: Q,
): Promise<Answers<Q>> {
  const asked: Asked[] = []
  let isSent = false
  const answers = Object.entries(questions).map(([name, { ask, moments }]) => {
    const asking = Object.create(tx) as Tx // all of the transaction but the one method
    asking.rows = async <R>(statement: ReturnType<typeof sql>): Promise<R[]> =>
      isSent
        ? await tx.rows<R>(statement)
        : await new Promise<R[]>((resolve) => {
            asked.push({ statement, moments, answer: (rows) => resolve(rows as R[]) }) // the rows of this statement
          })
    return [name, ask(asking)] as const
  })
  const settled = Promise.all(answers.map(async ([name, answer]) => [name, await answer] as const))
  settled.catch(() => undefined) // heard below, or never when the statement itself fails
  isSent = true
  if (asked.length > 0) {
    const parts = asked.map(
      ({ statement }, i) => sql`(select coalesce(json_agg(x), '[]') from (${statement}) x) as ${sql.ref(`q${i}`)}`,
    )
    const row = await tx.one<Record<string, Record<string, unknown>[]>>(sql`select ${sql.join(parts)}`)
    for (const [i, { moments, answer }] of asked.entries())
      answer((row[`q${i}`] ?? []).map((found) => withMoments(found, moments)))
  }
  return Object.fromEntries(await settled) as Answers<Q> // one entry for each question
}

function withMoments(row: Record<string, unknown>, moments: readonly string[]): Record<string, unknown> {
  for (const name of moments) {
    const text = row[name]
    if (typeof text === 'string') row[name] = momentOf(text)
  }
  return row
}

const momentOf = (text: string): Instant => instant(Date.parse(text))
