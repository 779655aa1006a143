// SPDX-License-Identifier: Apache-2.0
import { addDays, type LocalDate } from '../lib/time.ts'

/** Who works at the sample company, since when, and until when; days count from the first day of the story. */
export interface Colleague {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly title: string
  readonly type: 'employee' | 'contractor'
  readonly started: number
  readonly ended?: number
  /** Day on which the accounts were disabled. */
  readonly disabled?: number
  readonly isAdmin?: boolean
  readonly isDeveloper?: boolean
}

export const COLLEAGUES: readonly Colleague[] = [
  {
    id: 'p-01',
    name: 'Ada Lind',
    email: 'ada@nimbus.example',
    title: 'Head of Security',
    type: 'employee',
    started: -900,
    isAdmin: true,
    isDeveloper: true,
  },
  {
    id: 'p-02',
    name: 'Ben Okafor',
    email: 'ben@nimbus.example',
    title: 'Platform Engineer',
    type: 'employee',
    started: -700,
    isAdmin: true,
    isDeveloper: true,
  },
  {
    id: 'p-03',
    name: 'Cleo Marsh',
    email: 'cleo@nimbus.example',
    title: 'Chief Executive',
    type: 'employee',
    started: -1200,
  },
  {
    id: 'p-04',
    name: 'Dev Patel',
    email: 'dev@nimbus.example',
    title: 'Engineer',
    type: 'employee',
    started: -400,
    isDeveloper: true,
  },
  {
    id: 'p-05',
    name: 'Esra Kaya',
    email: 'esra@nimbus.example',
    title: 'Head of People',
    type: 'employee',
    started: -600,
  },
  {
    id: 'p-06',
    name: 'Finn Moore',
    email: 'finn@nimbus.example',
    title: 'Support',
    type: 'contractor',
    started: -200,
    ended: 46,
    disabled: 55,
  },
  {
    id: 'p-07',
    name: 'Gita Rao',
    email: 'gita@nimbus.example',
    title: 'Engineer',
    type: 'employee',
    started: 12,
    isDeveloper: true,
  },
  {
    id: 'p-08',
    name: 'Hugo Sand',
    email: 'hugo@nimbus.example',
    title: 'Sales',
    type: 'employee',
    started: -150,
    ended: 61,
    disabled: 61,
  },
]

type Cells = readonly (string | number | boolean)[]
/** A table as a system exports it, with the day of the export as its last column. */
const csv = (exported: LocalDate, head: Cells, rows: readonly Cells[]): string =>
  [[...head, 'exported_on'], ...rows.map((row) => [...row, exported])].map((row) => row.join(',')).join('\r\n') + '\r\n'

const here = (colleague: Colleague, day: number): boolean => colleague.started <= day

/** The roster as the HR system exports it on a day, with those who have signed and start within two weeks. */
export function roster(first: LocalDate, day: number): string {
  const rows = COLLEAGUES.filter((c) => here(c, day + 14)).map((c) => [
    c.id,
    c.name,
    c.email,
    c.type,
    c.title,
    c.id === 'p-03' ? '' : 'p-03',
    addDays(first, c.started),
    c.ended !== undefined && c.ended <= day + 14 ? addDays(first, c.ended) : '',
  ])
  return csv(addDays(first, day), ['id', 'name', 'email', 'type', 'title', 'manager', 'started_on', 'ended_on'], rows)
}

/** Accounts of the identity provider on a day. Dev is without a second factor from day 52 to 55. */
export function accounts(first: LocalDate, day: number): string {
  const rows = COLLEAGUES.filter((c) => here(c, day)).map((c) => {
    const disabled = c.disabled !== undefined && c.disabled <= day
    return [
      'sso.nimbus.example',
      c.id.replace('p-', 'u-'),
      c.email,
      c.name,
      disabled ? 'disabled' : 'active',
      c.isAdmin === true,
      !(c.id === 'p-04' && day >= 52 && day < 56),
      `${addDays(first, Math.min(day, c.ended ?? day))}T07:30:00Z`,
      `${addDays(first, c.started)}T08:00:00Z`,
      disabled ? `${addDays(first, c.disabled ?? day)}T17:00:00Z` : '',
    ]
  })
  const head = [
    'system',
    'account',
    'email',
    'name',
    'status',
    'is_admin',
    'mfa',
    'last_sign_in',
    'created_at',
    'disabled_at',
  ]
  return csv(addDays(first, day), head, rows)
}

/** Courses as the learning platform lists them on a day: everybody within ten days of the start, and every year again. */
export function training(first: LocalDate, day: number): string {
  const rows = COLLEAGUES.filter((c) => here(c, day)).flatMap((c) => {
    const done = c.started + 10 < -300 ? -60 : c.started + 10
    return done > day ? [] : [[c.email, 'Security awareness', `${addDays(first, done)}T10:00:00Z`]]
  })
  return csv(addDays(first, day), ['person', 'course', 'completed_at'], rows)
}

/** Laptops as device management lists them on a day. One is not encrypted until day 42. */
export function devices(first: LocalDate, day: number): string {
  const rows = COLLEAGUES.filter((c) => here(c, day) && !(c.ended !== undefined && c.ended < day)).map((c, i) => [
    `d-${c.id.slice(2)}`,
    c.email,
    i % 2 === 0 ? 'macOS' : 'Linux',
    i % 2 === 0 ? '15.5' : '6.12',
    !(c.id === 'p-05' && day < 42),
    true,
    `${addDays(first, day)}T05:00:00Z`,
  ])
  return csv(
    addDays(first, day),
    ['id', 'owner_email', 'platform', 'os_version', 'disk_encrypted', 'screen_lock', 'last_seen'],
    rows,
  )
}
