// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../../lib/refused.ts'

/**
 * The details an audit event may carry. A closed list, because the trail is kept for ever: ids, words of our own
 * vocabularies, counts and moments; never names, addresses, tokens or text that somebody typed.
 */
export const AUDIT_FIELDS = [
  'access',
  'after',
  'before',
  'bytes',
  'connection',
  'control',
  'count',
  'door',
  'due',
  'engagement',
  'expires_at',
  'from',
  'id',
  'kind',
  'method',
  'operation',
  'outcome',
  'period_from',
  'period_to',
  'reason',
  'role',
  'scope',
  'sha256',
  'size',
  'state',
  'to',
  'version',
  'via',
] as const
export type AuditField = (typeof AUDIT_FIELDS)[number]
export type AuditDetails = Readonly<Partial<Record<AuditField, string | number | boolean | null>>>

const EVENT = /^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$/
const LONGEST = 200
const allowed: ReadonlySet<string> = new Set(AUDIT_FIELDS)

/** Gives the details back when all are on the list, short and plain. @throws Refused AUDIT_EVENT, AUDIT_DETAILS */
export function checkAudit(
  event: string,
  details: AuditDetails,
): Readonly<Record<string, string | number | boolean | null>> {
  if (!EVENT.test(event) || event.length > 80)
    throw new Refused('AUDIT_EVENT', `expected words joined by dots such as "session.opened", got "${event}"`)
  const checked: Record<string, string | number | boolean | null> = {}
  for (const [field, value] of Object.entries(details)) {
    if (!allowed.has(field))
      throw new Refused('AUDIT_DETAILS', `expected one of ${AUDIT_FIELDS.join(', ')}; got the detail "${field}"`)
    if (typeof value === 'string' && (value.length > LONGEST || /\p{Cc}/u.test(value)))
      throw new Refused(
        'AUDIT_DETAILS',
        `expected at most ${LONGEST} plain characters in "${field}", got ${value.length}`,
      )
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw new Refused('AUDIT_DETAILS', `expected a whole number in "${field}", got ${value}`)
    checked[field] = value
  }
  return checked
}
