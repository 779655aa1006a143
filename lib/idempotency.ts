// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { sql, type Tx } from './db.ts'
import { Refused } from './refused.ts'

/**
 * Runs a command once per key: a repeated request gets the first answer, in the same transaction as the effect, so a
 * crash leaves either both or neither. Keys are kept 24 hours.
 * @throws Refused IDEMPOTENCY_KEY_REUSED when the key came with another operation or input
 */
export async function once<T>(
  tx: Tx,
  key: string | undefined,
  operation: string,
  input: unknown,
  run: () => Promise<T>,
): Promise<T> {
  if (key === undefined) return await run()
  if (key.length > 200)
    throw new Refused('INVALID_INPUT', `expected an Idempotency-Key of 1–200 characters, got ${key.length}`, {
      status: 400,
    })
  const digest = createHash('sha256')
    .update(JSON.stringify(input) ?? '')
    .digest('hex')
  // Two requests with one key at once: the second waits here until the first has committed or is gone.
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`${tx.org}:${tx.actor}:${key}`}, 0))`)
  const before = await tx.maybe<{ operation: string; input_sha256: string; answer: T }>(sql`
    select operation, input_sha256, answer from idempotency
    where org_id = ${tx.org} and actor = ${tx.actor} and key = ${key}`)
  if (before) {
    if (before.operation !== operation || before.input_sha256 !== digest)
      throw new Refused(
        'IDEMPOTENCY_KEY_REUSED',
        `this Idempotency-Key was used for ${before.operation} with another input`,
        {
          status: 409,
        },
      )
    return before.answer
  }
  const answer = await run()
  await tx.run(sql`
    delete from idempotency where org_id = ${tx.org} and recorded_at < recorded_now() - interval '24 hours'`)
  await tx.run(sql`
    insert into idempotency (org_id, actor, key, operation, input_sha256, answer)
    values (${tx.org}, ${tx.actor}, ${key}, ${operation}, ${digest}, ${JSON.stringify(answer ?? null)})`)
  return answer
}
