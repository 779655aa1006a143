// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto'
import { sql, type Tx } from './db.ts'
import { Refused } from './refused.ts'
import { decrypt, encrypt } from './sealing.ts'

/** The order of an object's names says nothing: another order is the same input. */
const sorted = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value

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
  if (key.length < 1 || key.length > 200)
    throw new Refused('INVALID_INPUT', `expected an Idempotency-Key of 1–200 characters, got ${key.length}`, {
      status: 400,
    })
  const digest = createHmac('sha256', tx.kek)
    .update(`idempotency ${JSON.stringify(input, sorted) ?? ''}`)
    .digest()
  // Two requests with one key at once: the second waits here until the first has committed or is gone.
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`${tx.org}:${tx.actor}:${key}`}, 0))`)
  const before = await tx.maybe<{ operation: string; input_hmac: Buffer; sealed_answer: Buffer }>(sql`
    select operation, input_hmac, sealed_answer from idempotency
    where org_id = ${tx.org} and actor = ${tx.actor} and key = ${key} and recorded_at >= recorded_now() - interval '24 hours'`)
  if (before) {
    if (before.operation !== operation || !before.input_hmac.equals(digest))
      throw new Refused(
        'IDEMPOTENCY_KEY_REUSED',
        `this Idempotency-Key was used for ${before.operation} with another input`,
        {
          status: 409,
        },
      )
    return JSON.parse(decrypt(tx.kek, before.sealed_answer).toString('utf8')) as T // what this operation answered then
  }
  const answer = await run()
  await tx.run(sql`
    delete from idempotency where org_id = ${tx.org} and recorded_at < recorded_now() - interval '24 hours'`)
  await tx.run(sql`
    insert into idempotency (org_id, actor, key, operation, input_hmac, sealed_answer)
    values (${tx.org}, ${tx.actor}, ${key}, ${operation}, ${digest}, ${encrypt(tx.kek, Buffer.from(JSON.stringify(answer ?? null)))})`)
  return answer
}
