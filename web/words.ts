// SPDX-License-Identifier: Apache-2.0

/** `1 control`, `3 controls`, `0 controls`; a noun with an own plural is given both. */
export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`

const ONES: Readonly<Record<string, string>> = { criteria: 'criterion', people: 'person', policies: 'policy' }
/** One of what a table calls by its plural: `controls` is `control`, `criteria` is `criterion`. */
export const oneOf = (many: string): string => ONES[many] ?? many.replace(/s$/, '')

/** `a`, `a and b`, `a, b and c`. */
export const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `needs_a_person` or `event-driven` as `Needs a person`, `Event driven`. */
export const sentence = (id: string): string => capital(id.replaceAll('_', ' ').replaceAll('-', ' '))

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const
/** Bytes as `4.2 MB`. */
export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? 'TB'}`
}

/** The start and end of a long hash: `a14f09c2…93be`. */
export const shortHash = (hash: string): string => (hash.length > 16 ? `${hash.slice(0, 8)}…${hash.slice(-4)}` : hash)

const ROLES: Readonly<Record<string, string>> = {
  so_admin: 'Workspace administrator',
  compliance_manager: 'Compliance manager',
  control_owner: 'Control owner',
  executive: 'Management signatory',
  oversight: 'Oversight body member',
  advisor: 'Readiness consultant',
  audit_staff: 'Audit staff',
  audit_manager: 'Audit manager',
  engagement_partner: 'Engagement partner',
  quality_reviewer: 'Quality reviewer',
  employee: 'Employee',
  report_user: 'Report user',
}
export const roleText = (role: string): string => ROLES[role] ?? sentence(role)

export const CATEGORY_NAMES = {
  security: 'Security',
  availability: 'Availability',
  confidentiality: 'Confidentiality',
  processing_integrity: 'Processing integrity',
  privacy: 'Privacy',
} as const
export type CategoryName = keyof typeof CATEGORY_NAMES
export const CATEGORY_IDS = Object.keys(CATEGORY_NAMES) as readonly CategoryName[]
export const categoryText = (category: string): string => CATEGORY_NAMES[category as CategoryName] ?? sentence(category)

export const STAGE_CHOICES = [
  { value: 'startup', label: 'Start-up', says: 'First report, up to about 50 people' },
  { value: 'growth', label: 'Growth', says: 'About 50 to 500 people, or a second or later report' },
  { value: 'enterprise', label: 'Enterprise', says: 'Over 500 people, regulated customers or several products' },
] as const
