// SPDX-License-Identifier: Apache-2.0
import type { Actor, Role } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'

/**
 * People: who may sign in, on which side of the independence wall, with which roles. An account stands on one side for
 * life (domain/rules.yaml, segregation): whoever changes sides needs another account and an independence evaluation.
 */
export type AccountSide = 'management' | 'advisor' | 'auditor' | 'external'

/** Roles that people hold; `system` belongs to background work and cannot be granted. */
export type PersonRole = Exclude<Role, 'system'>

const SIDES: Readonly<Record<PersonRole, AccountSide>> = {
  so_admin: 'management',
  compliance_manager: 'management',
  control_owner: 'management',
  executive: 'management',
  oversight: 'management',
  // Employees belong to the organisation, so they can never come to stand on the auditor's side.
  employee: 'management',
  advisor: 'advisor',
  audit_staff: 'auditor',
  audit_manager: 'auditor',
  engagement_partner: 'auditor',
  quality_reviewer: 'auditor',
  report_user: 'external',
}

export const PERSON_ROLES = Object.keys(SIDES) as readonly PersonRole[] as readonly [PersonRole, ...PersonRole[]]

/** Everybody with an account: what such an operation shows must be the caller's own. */
export const EVERYONE = PERSON_ROLES

/** First run: one person stands for the administrator, the compliance manager and the signatory until more are invited. */
export const OWNER_ROLES = ['so_admin', 'compliance_manager', 'executive'] as const satisfies readonly PersonRole[]

/** Roles in words, as people read them. */
export const ROLE_NAMES: Readonly<Record<PersonRole, string>> = {
  so_admin: 'Workspace administrator',
  compliance_manager: 'Compliance manager',
  control_owner: 'Control owner',
  executive: 'Management signatory',
  oversight: 'Oversight body member',
  employee: 'Employee',
  advisor: 'Readiness consultant',
  audit_staff: 'Audit staff',
  audit_manager: 'Audit manager',
  engagement_partner: 'Engagement partner',
  quality_reviewer: 'Engagement quality reviewer',
  report_user: 'Report user',
}

const GRANTS: Readonly<Partial<Record<Role, readonly PersonRole[]>>> = {
  so_admin: [
    'so_admin',
    'compliance_manager',
    'control_owner',
    'executive',
    'oversight',
    'employee',
    'advisor',
    'report_user',
  ],
  compliance_manager: ['control_owner', 'employee', 'advisor', 'report_user'],
  engagement_partner: ['engagement_partner', 'audit_manager', 'audit_staff', 'quality_reviewer'],
  audit_manager: ['audit_staff'],
}

const SECOND_FACTOR: ReadonlySet<Role> = new Set<Role>([
  'so_admin',
  'compliance_manager',
  'executive',
  'audit_staff',
  'audit_manager',
  'engagement_partner',
  'quality_reviewer',
])

/** Whether somebody may give a role to another, or take it away. Every path to a role asks this. */
export const canGrant = (actor: Pick<Actor, 'roles'>, role: PersonRole): boolean =>
  actor.roles.some((held) => GRANTS[held]?.includes(role) ?? false)

/**
 * Whether somebody may invite with a role. Management lets the audit firm in by one partner, while no partner has access;
 * whom the firm adds, and whose password it resets, is the firm's business alone.
 * @param partners how many engagement partners may sign in now
 */
export const canInvite = (actor: Pick<Actor, 'roles'>, role: PersonRole, partners: number): boolean =>
  canGrant(actor, role) || (role === 'engagement_partner' && partners === 0 && actor.roles.includes('so_admin'))

/** Roles that somebody may invite with, in the order of the vocabulary. */
export const invitable = (actor: Pick<Actor, 'roles'>, partners: number): PersonRole[] =>
  PERSON_ROLES.filter((role) => canInvite(actor, role, partners))

/** Whether these roles may only be used behind a second factor. */
export const needsSecondFactor = (roles: readonly Role[]): boolean => roles.some((role) => SECOND_FACTOR.has(role))

/** The one side of a set of roles. @throws Refused SIDES_APART, ROLES_MISSING */
export function sideOf(roles: readonly PersonRole[]): AccountSide {
  const sides = [...new Set(roles.map((role) => SIDES[role]))]
  const [side] = sides
  if (side === undefined)
    throw new Refused('ROLES_MISSING', 'expected at least one role, got none', { pointer: '/roles' })
  if (sides.length > 1)
    throw new Refused(
      'SIDES_APART',
      `expected roles of one side, got ${sides.join(' and ')}: nobody stands on two sides of an examination`,
      { pointer: '/roles' },
    )
  return side
}

/** @throws Refused CANNOT_GRANT, SIDES_APART, ROLES_MISSING */
export function checkInvitation(actor: Pick<Actor, 'roles'>, roles: readonly PersonRole[], partners: number): void {
  sideOf(roles)
  refuse(
    actor,
    roles.filter((role) => !canInvite(actor, role, partners)),
  )
}

export interface RoleChange {
  readonly actor: Pick<Actor, 'id' | 'roles'>
  readonly person: { readonly id: string; readonly side: AccountSide; readonly roles: readonly PersonRole[] }
  readonly roles: readonly PersonRole[]
  /** How many people who may sign in hold so_admin now. */
  readonly administrators: number
}

/** What has to be granted and revoked. @throws Refused OWN_ROLES, SIDES_APART, CANNOT_GRANT, LAST_ADMINISTRATOR */
export function decideRoles({ actor, person, roles, administrators }: RoleChange): {
  readonly grant: PersonRole[]
  readonly revoke: PersonRole[]
} {
  if (actor.id === person.id)
    throw new Refused('OWN_ROLES', 'nobody changes their own roles; ask another administrator', { status: 403 })
  if (sideOf(roles) !== person.side)
    throw new Refused(
      'SIDES_APART',
      `expected roles of the ${person.side} side, where this account stands for life; another side needs another account`,
      { pointer: '/roles' },
    )
  const grant = roles.filter((role) => !person.roles.includes(role))
  const revoke = person.roles.filter((role) => !roles.includes(role))
  refuseUngrantable(actor, [...grant, ...revoke])
  if (revoke.includes('so_admin') && administrators <= 1) throw lastAdministrator()
  return { grant, revoke }
}

/** Whether somebody may take another's access away, give it back, or reset it. @throws Refused OWN_ACCESS, CANNOT_GRANT, LAST_ADMINISTRATOR */
export function decideAccess(change: Omit<RoleChange, 'roles'> & { readonly isEnding: boolean }): void {
  const { actor, person, administrators, isEnding } = change
  if (actor.id === person.id)
    throw new Refused('OWN_ACCESS', 'nobody changes their own access; ask another administrator', { status: 403 })
  // The organisation owns the door: an administrator may shut it for anybody, on whichever side.
  if (!(isEnding && actor.roles.includes('so_admin'))) refuseUngrantable(actor, person.roles)
  if (isEnding && person.roles.includes('so_admin') && administrators <= 1) throw lastAdministrator()
}

const lastAdministrator = (): Refused =>
  new Refused('LAST_ADMINISTRATOR', 'expected another workspace administrator to remain, this is the last one', {
    status: 409,
  })

const refuseUngrantable = (actor: Pick<Actor, 'roles'>, roles: readonly PersonRole[]): void =>
  refuse(
    actor,
    roles.filter((role) => !canGrant(actor, role)),
  )

function refuse(actor: Pick<Actor, 'roles'>, refused: readonly PersonRole[]): void {
  if (refused.length > 0)
    throw new Refused(
      'CANNOT_GRANT',
      `the roles ${actor.roles.join(', ') || 'none'} may not give or take ${refused.join(', ')}`,
      { status: 403, pointer: '/roles' },
    )
}
