// SPDX-License-Identifier: Apache-2.0
import { framework } from '../catalog/framework.ts'
import { acceptInvitation, ensureSetupToken, setUp } from '../features/people/enrolment.actions.ts'
import type { ScopeInput } from '../features/system/scope.ts'
import type { Actor } from '../lib/action.ts'
import { addDays } from '../lib/time.ts'
import { accounts, devices, roster } from './company.ts'
import { cloudScan, codeScan } from './scans.ts'
import { person, TIME_ZONE, type Stage } from './stage.ts'

export const DAYS = 90
export const OWNER = { name: 'Ada Lind', email: 'ada@nimbus.example', password: 'nimbus-lantern-42-quarry' } as const
/** A control that was not there at first: device management came on this day. */
export const LATE_CONTROL = 'END-01'
export const LATE_CONTROL_DAY = 40
/** Policies that nobody has approved yet. */
const UNAPPROVED = new Set(['POL-13', 'POL-19'])
/** The scan of this day reached Assay on that one. */
export const LATE_SCAN = { of: 50, arrived: 60 } as const
const FROM = { address: '127.0.0.1', agent: 'demo' } as const

/** Who acts in the story. */
export interface Cast {
  readonly ada: Actor
  readonly ben: Actor
  readonly cleo: Actor
}

/** The first day: accounts, scope, policies and controls. */
export async function firstDay(stage: Stage): Promise<Cast> {
  stage.at(0, 8)
  const cast = await hire(stage)
  const { ada, cleo } = cast
  await stage.does(ada, 'system.saveScope', { based_on: 0, effective_from: stage.day(0), scope: scopeOf(stage) })
  await stage.does(cleo, 'system.approveScope', { n: 1 })
  for (const { id, title } of framework().policies.values()) {
    if (UNAPPROVED.has(id)) continue
    const collection_id = await attaches(stage, ada, `${title}.txt`, `${title}\nVersion 1.0\n`, 'Handbook')
    const effective_from = stage.day(0)
    const next_review = addDays(effective_from, 364)
    await stage.does(cleo, 'policies.approve', { id, version_label: '1.0', collection_id, effective_from, next_review })
  }
  const { control_set } = await stage.does(ada, 'system.get', {})
  const controls = (control_set?.controls ?? []).map(({ control_id }) => control_id).filter((id) => id !== LATE_CONTROL)
  await stage.does(ada, 'controls.adopt', { controls, effective_from: stage.day(0), owner: cast.ben.id })
  await stage.settles()
  return cast
}

async function hire(stage: Stage): Promise<Cast> {
  const { services } = stage
  const token = await ensureSetupToken(services.db)
  if (token === undefined) throw new Error('the demo wants a data folder where nobody has an account')
  await setUp(services, services.clock, { token, organization: 'Nimbus', ...OWNER }, FROM)
  const { rows } = await services.db.pool.query<{ org_id: string; user_id: string }>(
    'select org_id, user_id from door_accounts($1)',
    [OWNER.email],
  )
  const found = rows[0]
  if (!found) throw new Error('the owner is there after set-up')
  const ada = person(found.org_id, found.user_id, OWNER.name, ['so_admin', 'compliance_manager', 'executive'])
  const join = async (name: string, email: string, roles: readonly ('control_owner' | 'executive' | 'oversight')[]) => {
    const invited = await stage.does(ada, 'people.invite', { name, email, roles: [...roles] })
    const link = invited.path.split('#')[1] ?? ''
    await acceptInvitation(services, services.clock, { token: link, password: `${OWNER.password}-${name}` }, FROM)
    const people = await stage.does(ada, 'people.list', { limit: 50 })
    const id = people.rows.find((row) => row.email === email)?.id
    if (id === undefined) throw new Error(`${email} is there after accepting`)
    return person(ada.org, id, name, roles)
  }
  return {
    ada,
    ben: await join('Ben Okafor', 'ben@nimbus.example', ['control_owner']),
    cleo: await join('Cleo Marsh', 'cleo@nimbus.example', ['executive']),
  }
}

const scopeOf = (stage: Stage): ScopeInput => ({
  organization_name: 'Nimbus GmbH',
  system_name: 'Nimbus Export',
  purpose: 'Moves customers’ data between their systems on a schedule.',
  services: [{ name: 'Export service', description: 'Scheduled and on-demand exports with an audit trail' }],
  inside: ['Production account 000000000001', 'Repository nimbus', 'Identity provider', 'Laptops of staff'],
  outside: [{ what: 'Marketing website', because: 'holds no customer data and cannot reach production' }],
  categories: ['security', 'availability'],
  engagement: { type: 'type2', period_from: stage.day(0), period_to: addDays(stage.day(0), 181) },
  time_zone: TIME_ZONE,
  stage: 'startup',
  people: 8,
  facts: { has_office: false, own_data_centre: false, carve_out_cloud: true, personal_data: 'processor' },
  subservice_organizations: [
    {
      name: 'Cloud host',
      service: 'Computing, storage and network in eu-central-1',
      method: 'carve_out',
      criteria: ['CC6.4', 'A1.2'],
      expected_controls: ['Physical access to data centres', 'Environmental safeguards'],
    },
  ],
})

/** What happens on one day, after the first has begun. */
export async function liveDay(stage: Stage, cast: Cast, day: number): Promise<void> {
  stage.at(day, day === DAYS - 1 ? 0 : 9)
  const { ada, ben } = cast
  // Twice a week the office exports its lists and the scanners report.
  if (day % 7 === 0 || day % 7 === 3) {
    await table(stage, ada, {
      kind: 'person',
      series: 'HR roster',
      name: 'roster.csv',
      text: roster(stage.firstDay, day),
    })
    await table(stage, ada, {
      kind: 'user-account',
      series: 'Single sign-on',
      name: 'accounts.csv',
      text: accounts(stage.firstDay, day),
    })
    if (day >= LATE_CONTROL_DAY)
      await table(stage, ben, {
        kind: 'device',
        series: 'Device management',
        name: 'devices.csv',
        text: devices(stage.firstDay, day),
      })
    await imports(stage, ben, 'Code scan, nimbus', `codeql-${day}.sarif`, codeScan(stage.firstDay, day))
    if (day !== LATE_SCAN.of - 1)
      await imports(stage, ben, 'Production account', `prowler-${day}.ocsf.json`, cloudScan(stage.firstDay, day))
  }
  if (day === LATE_SCAN.arrived)
    await imports(
      stage,
      ben,
      'Production account',
      `prowler-${LATE_SCAN.of}.ocsf.json`,
      cloudScan(stage.firstDay, LATE_SCAN.of),
    )
  if (day === LATE_CONTROL_DAY)
    await stage.does(ada, 'controls.adopt', { controls: [LATE_CONTROL], effective_from: stage.day(day), owner: ben.id })
  // Capacity was reviewed after each of the first two months; the third review has not come.
  if (day === 31 || day === 62) await attests(stage, ben, 'AVL-01', 'capacity review', day - 31, day - 1)
  if (day === 10) await attests(stage, ben, 'IAM-06', 'access review', 0, 9)
  await stage.settles()
}

async function imports(stage: Stage, who: Actor, series: string, name: string, text: string): Promise<void> {
  const upload = await stage.receives(who, name, text)
  await stage.does(who, 'evidence.import', { upload, series })
}

interface Table {
  readonly kind: string
  readonly series: string
  readonly name: string
  readonly text: string
}

async function table(stage: Stage, who: Actor, { kind, series, name, text }: Table): Promise<void> {
  const upload = await stage.receives(who, name, text)
  const headers = (text.split('\r\n')[0] ?? '').split(',')
  const columns = Object.fromEntries(headers.filter((h) => h !== 'exported_on').map((header) => [header, header]))
  await stage.does(who, 'evidence.import', {
    upload,
    series,
    observed_at: stage.now(),
    prepared_by: who.name,
    table: { kind, columns },
  })
}

async function attaches(
  stage: Stage,
  who: Actor,
  name: string,
  text: string,
  source: string,
  period: { period_from?: string; period_to?: string } = {},
): Promise<string> {
  const upload = await stage.receives(who, name, text)
  return (await stage.does(who, 'evidence.attach', { upload, source, ...period })).id
}

async function attests(
  stage: Stage,
  who: Actor,
  control: string,
  what: string,
  from: number,
  to: number,
): Promise<void> {
  const period = { period_from: stage.day(from), period_to: stage.day(to) }
  const text = `${what} for ${period.period_from} to ${period.period_to}\n`
  const id = await attaches(stage, who, `${what} ${period.period_to}.txt`, text, 'Shared drive, Reviews', period)
  await stage.does(who, 'evidence.attest', {
    control,
    statement: `The ${what} was held and its findings were followed up.`,
    outcome: 'performed',
    ...period,
    evidence: [id],
  })
}
