// SPDX-License-Identifier: Apache-2.0
import { addDays, type LocalDate } from '../lib/time.ts'

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
