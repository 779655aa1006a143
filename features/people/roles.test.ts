// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AUDITORS, MANAGEMENT, type Role } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import {
  canGrant,
  checkInvitation,
  decideAccess,
  decideRoles,
  needsSecondFactor,
  OWNER_ROLES,
  PERSON_ROLES,
  sideOf,
  type PersonRole,
} from './roles.ts'

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
  return 'ALLOWED'
}
const someRoles = fc.subarray([...PERSON_ROLES], { minLength: 1 })
const as = (...roles: PersonRole[]) => ({ id: 'usr_actor', roles })

describe('the independence wall', () => {
  test('no set of roles holds a management role and an auditor role', () => {
    fc.assert(
      fc.property(someRoles, (roles) => {
        const isMixed =
          roles.some((role) => (MANAGEMENT as readonly Role[]).includes(role)) &&
          roles.some((role) => (AUDITORS as readonly Role[]).includes(role))
        if (isMixed) expect(codeOf(() => sideOf(roles))).toBe('SIDES_APART')
      }),
    )
  })

  test('an adviser stands neither with management nor with the auditor', () => {
    expect(codeOf(() => sideOf(['advisor', 'compliance_manager']))).toBe('SIDES_APART')
    expect(codeOf(() => sideOf(['advisor', 'audit_staff']))).toBe('SIDES_APART')
    expect(sideOf(['advisor'])).toBe('advisor')
  })

  test('nobody has no role at all, and whoever has none gives none', () => {
    expect(codeOf(() => sideOf([]))).toBe('ROLES_MISSING')
    expect(() => checkInvitation({ roles: [] }, ['control_owner'], 0)).toThrow(/the roles none may not give or take/)
  })

  test('an account never changes its side, whoever asks', () => {
    const change = { person: { id: 'usr_b', side: 'management' as const, roles: ['control_owner'] as const } }
    expect(
      codeOf(() => decideRoles({ ...change, actor: as('so_admin'), roles: ['engagement_partner'], administrators: 2 })),
    ).toBe('SIDES_APART')
  })
})

describe('who may grant what', () => {
  test('the matrix of granting roles and granted roles is as agreed', () => {
    const matrix = Object.fromEntries(
      [...PERSON_ROLES, 'system' as const].map((role) => [
        role,
        PERSON_ROLES.filter((granted) => canGrant({ roles: [role] }, granted)).join(' '),
      ]),
    )
    expect(matrix).toEqual({
      so_admin: 'so_admin compliance_manager control_owner executive oversight employee advisor report_user',
      compliance_manager: 'control_owner employee advisor report_user',
      control_owner: '',
      executive: '',
      oversight: '',
      employee: '',
      advisor: '',
      audit_staff: '',
      audit_manager: 'audit_staff',
      engagement_partner: 'audit_staff audit_manager engagement_partner quality_reviewer',
      quality_reviewer: '',
      report_user: '',
      system: '',
    })
  })

  test('nobody but an administrator makes administrators', () => {
    fc.assert(
      fc.property(someRoles, (roles) => {
        if (!roles.includes('so_admin'))
          expect(codeOf(() => checkInvitation({ roles }, ['so_admin'], 0))).toBe('CANNOT_GRANT')
      }),
    )
  })

  test('whoever may not grant a role may not take it either', () => {
    const person = { id: 'usr_b', side: 'management' as const, roles: ['executive', 'control_owner'] as const }
    expect(
      codeOf(() =>
        decideRoles({ actor: as('compliance_manager'), person, roles: ['control_owner'], administrators: 1 }),
      ),
    ).toBe('CANNOT_GRANT')
  })

  test('nobody changes their own roles or access', () => {
    const person = { id: 'usr_actor', side: 'management' as const, roles: OWNER_ROLES }
    const change = { actor: as(...OWNER_ROLES), person, administrators: 2 }
    expect(codeOf(() => decideRoles({ ...change, roles: ['so_admin'] }))).toBe('OWN_ROLES')
    expect(codeOf(() => decideAccess({ ...change, isEnding: true }))).toBe('OWN_ACCESS')
  })

  test('the last administrator stays', () => {
    const person = { id: 'usr_b', side: 'management' as const, roles: ['so_admin'] as const }
    const change = { actor: as('so_admin'), person, administrators: 1 }
    expect(codeOf(() => decideRoles({ ...change, roles: ['executive'] }))).toBe('LAST_ADMINISTRATOR')
    expect(codeOf(() => decideAccess({ ...change, isEnding: true }))).toBe('LAST_ADMINISTRATOR')
    expect(codeOf(() => decideAccess({ ...change, administrators: 2, isEnding: true }))).toBe('ALLOWED')
  })

  test('an administrator shuts anybody of the audit firm out, and neither lets them in again nor resets their access', () => {
    for (const role of ['audit_staff', 'engagement_partner'] as const) {
      const person = { id: 'usr_b', side: 'auditor' as const, roles: [role] }
      const change = { actor: as(...OWNER_ROLES), person, administrators: 1 }
      expect(codeOf(() => decideAccess({ ...change, isEnding: true }))).toBe('ALLOWED')
      expect(codeOf(() => decideAccess({ ...change, isEnding: false }))).toBe('CANNOT_GRANT')
      expect(codeOf(() => decideRoles({ ...change, roles: ['audit_manager'] }))).toBe('CANNOT_GRANT')
    }
  })

  test('an administrator invites an engagement partner only while none has access', () => {
    const inviting = (role: PersonRole, partners: number, ...roles: PersonRole[]): string =>
      codeOf(() => checkInvitation(as(...roles), [role], partners))
    expect(inviting('engagement_partner', 0, 'so_admin')).toBe('ALLOWED')
    expect(inviting('engagement_partner', 1, 'so_admin')).toBe('CANNOT_GRANT')
    expect(inviting('audit_manager', 0, 'so_admin')).toBe('CANNOT_GRANT')
    expect(inviting('engagement_partner', 0, 'compliance_manager')).toBe('CANNOT_GRANT')
    expect(inviting('engagement_partner', 1, 'engagement_partner')).toBe('ALLOWED')
  })

  test('a change of roles grants and revokes exactly the difference', () => {
    fc.assert(
      fc.property(
        fc.subarray(['so_admin', 'compliance_manager', 'control_owner', 'executive'] as const, { minLength: 1 }),
        fc.subarray(['so_admin', 'compliance_manager', 'control_owner', 'executive'] as const, { minLength: 1 }),
        (before, after) => {
          const { grant, revoke } = decideRoles({
            actor: as('so_admin'),
            person: { id: 'usr_b', side: 'management', roles: before },
            roles: after,
            administrators: 2,
          })
          const result = [...before.filter((role) => !revoke.includes(role)), ...grant]
          expect(new Set(result)).toEqual(new Set(after))
          expect(result).toHaveLength(after.length)
        },
      ),
    )
  })
})

test('a second factor is asked of those who configure, manage, sign or audit', () => {
  expect(PERSON_ROLES.filter((role) => needsSecondFactor([role]))).toEqual([
    'so_admin',
    'compliance_manager',
    'executive',
    'audit_staff',
    'audit_manager',
    'engagement_partner',
    'quality_reviewer',
  ])
})
