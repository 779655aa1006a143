// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
    ended: 33,
    disabled: 42,
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

/** The roster as the HR system exports it on a day. */
export function roster(first: LocalDate, day: number): string {
  const rows = COLLEAGUES.filter((c) => here(c, day)).map((c) => [
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

/** Accounts of the identity provider on a day. Dev loses the second factor from day 52 to 55. */
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
      `${addDays(first, disabled ? (c.ended ?? day) : day)}T07:30:00Z`,
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

/** Laptops as device management lists them on a day. One is not encrypted until day 26. */
export function devices(first: LocalDate, day: number): string {
  const rows = COLLEAGUES.filter((c) => here(c, day) && !(c.ended !== undefined && c.ended < day)).map((c, i) => [
    `d-${c.id.slice(2)}`,
    c.email,
    i % 2 === 0 ? 'macOS' : 'Linux',
    i % 2 === 0 ? '15.5' : '6.12',
    !(c.id === 'p-05' && day < 26),
    true,
    `${addDays(first, day)}T05:00:00Z`,
  ])
  return csv(
    addDays(first, day),
    ['id', 'owner_email', 'platform', 'os_version', 'disk_encrypted', 'screen_lock', 'last_seen'],
    rows,
  )
}

interface Rule {
  readonly id: string
  readonly title: string
  readonly severity: 'Critical' | 'High' | 'Medium'
  readonly resources: readonly string[]
  /** Days from–to (excluded) on which the first resource fails. */
  readonly fails?: readonly [number, number]
}

const RULES: readonly Rule[] = [
  {
    id: 's3_bucket_public_access',
    title: 'Storage buckets are not public',
    severity: 'Critical',
    resources: ['nimbus-exports', 'nimbus-logs', 'nimbus-backups'],
    fails: [21, 35],
  },
  {
    id: 'rds_instance_storage_encrypted',
    title: 'Database storage is encrypted',
    severity: 'High',
    resources: ['nimbus-main', 'nimbus-replica'],
  },
  {
    id: 'cloudtrail_multi_region_enabled',
    title: 'The audit trail covers all regions',
    severity: 'High',
    resources: ['management-trail'],
  },
  {
    id: 'ec2_securitygroup_ssh_open',
    title: 'SSH is not open to the internet',
    severity: 'High',
    resources: ['sg-bastion', 'sg-app', 'sg-db'],
  },
  {
    id: 'iam_root_mfa_enabled',
    title: 'The root account has a second factor',
    severity: 'Critical',
    resources: ['root'],
  },
  {
    id: 'guardduty_is_enabled',
    title: 'Threat detection is on',
    severity: 'Medium',
    resources: ['eu-central-1'],
    fails: [0, 60],
  },
]

/** A posture scan of the cloud account in OCSF, as of a day. */
export function cloudScan(first: LocalDate, day: number): string {
  const time = Date.parse(`${addDays(first, day)}T03:00:00Z`)
  const findings = RULES.flatMap((rule) =>
    rule.resources.map((resource, i) => {
      const fails = i === 0 && rule.fails !== undefined && day >= rule.fails[0] && day < rule.fails[1]
      return {
        class_uid: 2004,
        class_name: 'Detection Finding',
        category_uid: 2,
        activity_id: 1,
        type_uid: 200401,
        time,
        time_dt: new Date(time).toISOString(),
        severity: rule.severity,
        status: 'New',
        status_id: 1,
        status_code: fails ? 'FAIL' : 'PASS',
        status_detail: `${resource}: ${fails ? 'does not meet' : 'meets'} the rule`,
        finding_info: {
          uid: `nimbus-${rule.id}-${resource}`,
          title: rule.title,
          desc: rule.title,
          created_time: time,
          types: ['cloud security'],
        },
        metadata: {
          event_code: rule.id,
          product: { name: 'Prowler', uid: 'prowler', vendor_name: 'Prowler', version: '5.9.0' },
          version: '1.4.0',
          profiles: ['cloud', 'datetime'],
        },
        cloud: {
          provider: 'aws',
          region: 'eu-central-1',
          account: { uid: '000000000001', name: 'nimbus-production', type: 'AWS Account' },
        },
        resources: [{ uid: `arn:aws:::${resource}`, name: resource, type: 'AwsResource', region: 'eu-central-1' }],
        unmapped: { provider: 'aws' },
      }
    }),
  )
  return JSON.stringify(findings, null, 1)
}

/** A code scan in SARIF as of a day. One high finding stands from day 40 to 48. */
export function codeScan(first: LocalDate, day: number): string {
  const at = (hour: number): string => `${addDays(first, day)}T0${hour}:00:00.000Z`
  const result = (ruleId: string, level: string, line: number) => ({
    ruleId,
    level,
    message: { text: 'See the rule.' },
    locations: [{ physicalLocation: { artifactLocation: { uri: 'src/export.ts' }, region: { startLine: line } } }],
    partialFingerprints: { primaryLocationLineHash: `${ruleId}:${line}` },
  })
  const open = day >= 40 && day < 49 ? [result('js/sql-injection', 'error', 88)] : []
  return JSON.stringify({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'CodeQL',
            semanticVersion: '2.22.1',
            rules: [
              {
                id: 'js/sql-injection',
                shortDescription: { text: 'Query built from user input' },
                properties: { 'security-severity': '8.8' },
              },
              {
                id: 'js/unused-local',
                shortDescription: { text: 'Unused variable' },
                properties: { 'security-severity': '1.0' },
              },
            ],
          },
        },
        invocations: [{ executionSuccessful: true, startTimeUtc: at(3), endTimeUtc: at(4) }],
        versionControlProvenance: [{ repositoryUri: 'https://git.nimbus.example/nimbus' }],
        results: [...open, result('js/unused-local', 'note', 12)],
      },
    ],
  })
}

/** The company's git repository in a folder, with commits made at moments of the story. */
export function openRepository(folder: string): { commit(c: Commit): void } {
  mkdirSync(folder, { recursive: true })
  const git = (args: readonly string[], env: Record<string, string> = {}): void => {
    execFileSync('git', [...args], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', HOME: folder, ...env },
    })
  }
  git(['init', '-q', '-b', 'main'])
  let n = 0
  return {
    commit({ title, author, at, reviewer }) {
      n++
      writeFileSync(join(folder, `change-${n}.txt`), `${title}\n`)
      git(['add', '-A'])
      const [name, email] = author
      const message = reviewer ? `${title}\n\nReviewed-by: ${reviewer[0]} <${reviewer[1]}>` : title
      const who = {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      }
      git(['commit', '-q', '-m', message], { ...who, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at })
    },
  }
}

export interface Commit {
  readonly title: string
  readonly author: readonly [string, string]
  readonly at: string
  readonly reviewer?: readonly [string, string]
}
