// SPDX-License-Identifier: Apache-2.0

/** Small reports of an invented company in the formats that are read; made here, copied from nowhere. */

export interface FindingDraft {
  readonly rule?: string
  readonly resource?: string
  readonly status?: string
  readonly account?: string
  readonly suppressed?: boolean
  readonly at?: string
  readonly severity_id?: number
}

/** An OCSF detection finding (class 2004) as a cloud scanner writes it. */
export const finding = (draft: FindingDraft = {}): Record<string, unknown> => {
  const { rule = 'bucket_is_private', resource = 'arn:cloud:bucket/invoices', account = '100000000001' } = draft
  return {
    message: `${rule} on ${resource}`,
    metadata: { event_code: rule, product: { name: 'Cloudscan', vendor_name: 'Cloudscan', version: '5.4.0' }, version: '1.4.0' },
    severity_id: draft.severity_id ?? 4,
    status_id: draft.suppressed ? 3 : 1,
    status: draft.suppressed ? 'Suppressed' : 'New',
    status_code: draft.status ?? 'FAIL',
    finding_info: { uid: `${rule}-${account}-${resource}`, title: `The rule ${rule}` },
    resources: [{ uid: resource, name: resource, type: 'Bucket', region: 'eu-central-1' }],
    cloud: { account: { uid: account }, provider: 'cloud', region: 'eu-central-1' },
    class_uid: 2004,
    time: Date.parse(draft.at ?? '2026-03-02T06:00:00Z') / 1000,
  }
}

/** The same finding said for one requirement (class 2003). */
export const complianceFinding = (draft: FindingDraft & { readonly requirement: string; readonly effective?: string }) => {
  const base = finding(draft) as { metadata: { event_code: string }; finding_info: { uid: string; title: string } }
  return {
    ...base,
    class_uid: 2003,
    status_code: draft.effective ?? draft.status ?? 'FAIL',
    cloud: undefined,
    unmapped: { cloud: { account: { uid: draft.account ?? '100000000001' }, region: 'eu-central-1' } },
    compliance: {
      standards: ['CIS'],
      requirements: [draft.requirement],
      checks: [{ uid: base.metadata.event_code, name: base.finding_info.title, status: draft.status ?? 'FAIL' }],
    },
    finding_info: { uid: `${base.finding_info.uid}-${draft.requirement}`, title: draft.requirement },
  }
}

export interface ResultDraft {
  readonly rule?: string
  readonly path?: string
  readonly line?: number
  readonly extra?: Record<string, unknown>
}

export const result = ({ rule = 'js/sql-injection', path = 'src/db.js', line = 7, extra = {} }: ResultDraft = {}) => ({
  ruleId: rule,
  message: { text: `"${rule}" at {${path}}` },
  locations: [{ physicalLocation: { artifactLocation: { uri: path }, region: { startLine: line } } }],
  ...extra,
})

/** A SARIF 2.1.0 log of one run. `successful: null` leaves out the invocation. */
export const sarifLog = (
  results: readonly unknown[],
  { successful = true, tool = 'Codescan' }: { successful?: boolean | null; tool?: string } = {},
) => ({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      results,
      tool: {
        driver: {
          name: tool,
          semanticVersion: '3.1.0',
          rules: [
            { id: 'js/sql-injection', shortDescription: { text: 'Query built from text' }, properties: { 'security-severity': '8.8' } },
            { id: 'js/unused', shortDescription: { text: 'Unused variable' }, defaultConfiguration: { level: 'note' } },
          ],
        },
      },
      ...(successful === null
        ? {}
        : {
            invocations: [
              { executionSuccessful: successful, startTimeUtc: '2026-03-02T05:00:00Z', endTimeUtc: '2026-03-02T05:10:00Z' },
            ],
          }),
      versionControlProvenance: [{ repositoryUri: 'https://code.example.org/shop' }],
    },
  ],
})

export interface TestResultDraft {
  readonly host?: string
  readonly results?: readonly (readonly [rule: string, word: string])[]
  readonly end?: string | null
  readonly prefix?: string
}

/** A TestResult of XCCDF 1.2, as a scanner appends it to the benchmark. */
export function testResult({ host = 'web-1.example.org', results = [], end = '2026-03-02T04:05:00Z', prefix = '' }: TestResultDraft = {}): string {
  const p = prefix === '' ? '' : `${prefix}:`
  const one = ([rule, word]: readonly [string, string]): string =>
    `<${p}rule-result idref="${rule}" time="2026-03-02T04:04:00Z" severity="high"><${p}result>${word}</${p}result><${p}ident system="x">CCE-1</${p}ident></${p}rule-result>`
  return `<${p}TestResult id="t" start-time="2026-03-02T04:00:00Z" ${end === null ? '' : `end-time="${end}"`} test-system="cpe:/a:example:hostscan:1.4.2">
  <${p}benchmark id="xccdf_org.example_benchmark_LINUX"/><${p}profile idref="xccdf_org.example_profile_standard"/>
  <${p}target>${host}</${p}target>
  <${p}target-facts><${p}fact name="urn:xccdf:fact:asset:identifier:fqdn">${host}</${p}fact></${p}target-facts>
  ${results.map(one).join('\n')}
</${p}TestResult>`
}

/** An XCCDF benchmark with the results inside. */
export const xccdfFile = (...tests: readonly string[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.example_benchmark_LINUX">
  <title>Linux</title>
  <Group id="g"><Rule id="no-root-login" severity="high"><title>Nobody logs in as <b>root</b></title></Rule></Group>
  <Rule id="disk-encrypted" severity="low"><title>Disks are encrypted</title></Rule>
  ${tests.join('\n')}
</Benchmark>`

/** An ARF collection: the benchmark in a data stream, the results in a report, prefixes everywhere. */
export const arfFile = (...tests: readonly string[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<arf:asset-report-collection xmlns:arf="http://scap.nist.gov/schema/asset-reporting-format/1.1" xmlns:xccdf="http://checklists.nist.gov/xccdf/1.2">
  <arf:report-requests><arf:report-request id="c"><arf:content>
    <xccdf:Benchmark id="xccdf_org.example_benchmark_LINUX"><xccdf:Rule id="no-root-login" severity="high"><xccdf:title>Nobody logs in as root</xccdf:title></xccdf:Rule></xccdf:Benchmark>
  </arf:content></arf:report-request></arf:report-requests>
  <arf:reports>${tests.map((test, i) => `<arf:report id="r${i}"><arf:content>${test}</arf:content></arf:report>`).join('\n')}</arf:reports>
</arf:asset-report-collection>`
