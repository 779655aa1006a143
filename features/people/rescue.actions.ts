// SPDX-License-Identifier: Apache-2.0
import type { Database } from '../../lib/db.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { findAccounts, NOBODY } from './doors.store.ts'
import { removeSecondFactor } from './factors.store.ts'
import { offerPassword, type Link } from './invitations.store.ts'
import { getOrganization } from './people.store.ts'
import { endSessionsOf } from './sessions.store.ts'

export interface Rescue extends Link {
  readonly organization: string
}

/**
 * For whoever holds the machine, when nobody is left who could let somebody in: takes the authenticator away and gives a
 * link for a new password, for each organisation that knows the address. The ledger tells that it happened.
 */
export async function rescue(db: Database, email: string): Promise<Rescue[]> {
  const accounts = await db.tenant(NOBODY, (tx) => findAccounts(tx, email.trim().toLowerCase()), 'read')
  const rescues: Rescue[] = []
  for (const { org_id, user_id } of accounts)
    rescues.push(
      await db.tenant({ org: org_id, actor: 'system' }, async (tx) => {
        await recordAudit(tx, { event: 'person.rescued', subject: user_id, details: { door: 'command-line' } })
        await removeSecondFactor(tx, user_id)
        await endSessionsOf(tx, user_id, 'second-factor')
        const { name } = await getOrganization(tx)
        return { ...(await offerPassword(tx, user_id)), organization: name }
      }),
    )
  return rescues
}
