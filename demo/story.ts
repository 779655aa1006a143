// SPDX-License-Identifier: Apache-2.0
import { framework } from '../catalog/framework.ts'
import { libraryChecks } from '../catalog/library.ts'
import { acceptInvitation, ensureSetupToken, setUp } from '../features/people/enrolment.actions.ts'
import type { ScopeInput } from '../features/system/scope.ts'
import type { Actor } from '../lib/action.ts'
import { addDays } from '../lib/time.ts'
import { accounts, devices, roster, training } from './company.ts'
import { REVIEWS, type Review } from './reviews.ts'
import { cloudScan, codeScan } from './scans.ts'
import { person, TIME_ZONE, type Stage } from './stage.ts'

export const DAYS = 90
export const OWNER = { name: 'Ada Lind', email: 'ada@nimbus.example', password: 'nimbus-lantern-42-quarry' } as const
/** A control that was not there at first: device management came on this day. */
export const LATE_CONTROL = 'END-01'
export const LATE_CONTROL_DAY = 40
/** Policies that nobody has approved, and one that was approved late. */
const UNAPPROVED = new Set(['POL-09', 'POL-13', 'POL-25'])
export const LATE_POLICY = { id: 'POL-19', day: 35 } as const
/** Days without a posture scan; the one of another day reached Assay ten days after. */
export const SCANLESS_DAYS: readonly number[] = [49, 52]
export const LATE_SCAN = { of: 50, arrived: 60 } as const
/** What the company made of two of the catalog's checks on its own. */
const OWN_TEXTS_DAY = 3
/** A public bucket was accepted on this day, for two weeks. */
const EXCEPTION = { day: 28, until: 42 } as const
/** Ben began to work on the missing encryption. */
const WORK_DAY = 62
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
    if (UNAPPROVED.has(id) || id === LATE_POLICY.id) continue
    await approves(stage, cast, { id, title, day: 0 })
  }
  const { control_set } = await stage.does(ada, 'system.get', {})
  const ids = (control_set?.controls ?? []).map(({ control_id }) => control_id).filter((id) => id !== LATE_CONTROL)
  for (const [owner, controls] of Map.groupBy(ids, (id) => ownerOf(id)))
    await stage.does(ada, 'controls.adopt', { controls, effective_from: stage.day(0), owner: cast[owner].id })
  await stage.settles()
  return cast
}

/** The board's controls are the chief executive's, the office's are Ada's, the engine room is Ben's. */
const ownerOf = (control: string): keyof Cast =>
  ['GOV-02', 'GOV-03'].includes(control) ? 'cleo' : /^(GOV|HRS|COM|RSK|MON|PHY|VND)/.test(control) ? 'ada' : 'ben'

async function approves(
  stage: Stage,
  { ada, cleo }: Cast,
  policy: { readonly id: string; readonly title: string; readonly day: number },
): Promise<void> {
  const { id, title } = policy
  const collection_id = await attaches(stage, ada, `${title}.txt`, `${title}\nVersion 1.0\n`, 'Handbook')
  const effective_from = stage.day(policy.day)
  const next_review = addDays(effective_from, 364)
  await stage.does(cleo, 'policies.approve', { id, version_label: '1.0', collection_id, effective_from, next_review })
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
  if (day % 7 === 0 || day % 7 === 3) await exports(stage, cast, day)
  if (day === LATE_SCAN.arrived) await posture(stage, ben, LATE_SCAN.of)
  if (day === OWN_TEXTS_DAY) for (const text of ownTexts()) await stage.does(ada, 'checks.save', { document: text })
  if (day === LATE_POLICY.day) {
    const title = framework().policies.get(LATE_POLICY.id)?.title ?? LATE_POLICY.id
    await approves(stage, cast, { ...LATE_POLICY, title })
  }
  if (day === LATE_CONTROL_DAY)
    await stage.does(ada, 'controls.adopt', { controls: [LATE_CONTROL], effective_from: stage.day(day), owner: ben.id })
  if (day === EXCEPTION.day) await excepts(stage, cast)
  if (day === WORK_DAY) await beginsWork(stage, ben)
  for (const review of REVIEWS) if (review.on === day) await attests(stage, cast, review)
  await stage.settles()
}

async function exports(stage: Stage, { ada, ben }: Cast, day: number): Promise<void> {
  const { firstDay } = stage
  const lists = [
    { who: ada, kind: 'training-completion', series: 'Learning platform', text: training(firstDay, day) },
    { who: ada, kind: 'user-account', series: 'Single sign-on', text: accounts(firstDay, day) },
    { who: ada, kind: 'person', series: 'HR roster', text: roster(firstDay, day) },
    { who: ben, kind: 'device', series: 'Device management', text: devices(firstDay, day) },
  ].filter(({ kind }) => kind !== 'training-completion' || day % 14 === 0)
  for (const { who, ...list } of lists) await table(stage, who, list)
  await imports(stage, ben, 'Code scan, nimbus', `codeql-${day}.sarif`, codeScan(firstDay, day))
  if (!SCANLESS_DAYS.includes(day)) await posture(stage, ben, day)
}

const posture = (stage: Stage, who: Actor, day: number): Promise<void> =>
  imports(stage, who, 'Production account', `prowler-${day}.ocsf.json`, cloudScan(stage.firstDay, day))

/** Two checks in the company's own words: who is superuser here, and that a local socket needs no password. */
function ownTexts(): string[] {
  const text = (id: string): string => libraryChecks().find(({ check }) => check.id === id)?.text ?? ''
  return [
    text('database-superusers-are-named').replace('allowed: [postgres]', 'allowed: [postgres, owner]'),
    text('database-access-is-authenticated')
      .replace('says: No line', 'says: Besides the socket in the service’s own folder, no line')
      .replace('subject.error == null', "subject.error == null && subject.type != 'local'")
      .replaceAll(/^ +- \{ subject: \{ type: local.*\n/gm, ''),
  ]
}

/** The export bucket stays public until the last customer has moved: Ben asks, Ada approves. */
async function excepts(stage: Stage, { ada, ben }: Cast): Promise<void> {
  const { rows } = await stage.does(ada, 'checks.outcomes', { id: 'cloud-rules-pass', status: 'fail' })
  for (const { subject_id } of rows) {
    const { request_id } = await stage.does(ben, 'checks.askException', {
      id: 'cloud-rules-pass',
      subject_id,
      because:
        'Two customers still fetch their exports by public address; both have moved by the end of the exception.',
      compensating_control: 'The bucket holds only encrypted files, and each read of it is logged.',
      until: `${stage.day(EXCEPTION.until)}T12:00:00Z`,
    })
    await stage.does(ada, 'checks.decideException', { request_id, approve: true })
  }
}

/** Ben takes the gap of the missing encryption in hand. */
async function beginsWork(stage: Stage, ben: Actor): Promise<void> {
  const { rows } = await stage.does(ben, 'tasks.list', { limit: 100 })
  const id = rows.find((task) => task.control_id === 'CRY-02')?.id
  if (id === undefined) throw new Error('the missing encryption is a gap by then')
  await stage.does(ben, 'tasks.update', { id, state: 'planned', because: 'A certificate is ordered for the database.' })
  await stage.does(ben, 'tasks.update', { id, state: 'in_progress', due_on: stage.day(100) })
}

async function imports(stage: Stage, who: Actor, series: string, name: string, text: string): Promise<void> {
  const upload = await stage.receives(who, name, text)
  await stage.does(who, 'evidence.import', { upload, series })
}

interface Table {
  readonly kind: string
  readonly series: string
  readonly text: string
}

async function table(stage: Stage, who: Actor, { kind, series, text }: Table): Promise<void> {
  const upload = await stage.receives(who, `${series}.csv`, text)
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

/** One piece of evidence, and the word of whoever did it for each control it speaks for. */
async function attests(stage: Stage, cast: Cast, review: Review): Promise<void> {
  const who = cast[review.by]
  const { what, nothing = false } = review
  const period = { period_from: stage.day(review.from), period_to: stage.day(review.to) }
  const text = `${what}\n${period.period_from} to ${period.period_to}\nprepared by ${who.name}\n`
  const id = await attaches(stage, who, `${what} ${period.period_to}.txt`, text, 'Shared drive, Reviews', period)
  for (const control of review.controls)
    await stage.does(who, 'evidence.attest', {
      control,
      statement: nothing
        ? `Nothing occurred that called for it; see the ${what}.`
        : `It was done as it is written; see the ${what}.`,
      outcome: nothing ? 'no_occurrence' : 'performed',
      ...period,
      evidence: [id],
    })
}
