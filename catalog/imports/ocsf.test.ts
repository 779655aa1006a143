// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { ocsf } from './ocsf.ts'
import { read } from './testdata/reading.ts'
import { complianceFinding, finding } from './testdata/reports.ts'

const list = (...findings: readonly unknown[]): string => JSON.stringify(findings, null, 1)
const only = async (content: string) => {
  const parsed = await read(ocsf, content)
  expect(parsed).toHaveLength(1)
  return parsed[0]!
}

describe('an OCSF file', () => {
  it('gives one fact for each rule and resource, with the verdict of the scanner', async () => {
    const one = await only(
      list(finding(), finding({ rule: 'mfa_on', status: 'PASS' }), finding({ rule: 'ask', status: 'MANUAL' })),
    )
    expect(one).toMatchObject({ outcome: 'complete', listed: 3, reconciliation: 'equal', census: { n: 3 } })
    expect(one.rows.map(({ body }) => body['status'])).toEqual(['fail', 'pass', 'manual'])
    expect(one.rows[0]).toMatchObject({
      pointer: '/0',
      body: {
        scanner: 'Cloudscan',
        resource: 'arn:cloud:bucket/invoices',
        account: '100000000001',
        severity: 'high',
        at: '2026-03-02T06:00:00.000Z',
      },
    })
  })

  it('whose words are not known says so and never passes', async () => {
    const one = await only(list(finding({ status: 'INFOED' }), finding({ rule: 'x', status: '' })))
    expect(one.rows.map(({ body }) => body['status'])).toEqual(['unknown', 'unknown'])
    expect(one.remarks).toEqual(['status words that are not known, kept as unknown: INFOED'])
  })

  it('with a suppressed failure says suppressed; a suppressed pass is a pass', async () => {
    const one = await only(
      list(finding({ suppressed: true }), finding({ rule: 'x', suppressed: true, status: 'PASS' })),
    )
    expect(one.rows.map(({ body }) => body['status'])).toEqual(['suppressed', 'pass'])
  })

  it('of class 2003 counts a finding once however many requirements it bears on, by the raw result of its check', async () => {
    const said = ['1.1', '1.2', '2.7'].map((requirement) => complianceFinding({ requirement, status: 'PASS' }))
    const one = await only(
      list(...said, complianceFinding({ requirement: '9', rule: 'y', status: 'PASS', effective: 'FAIL' })),
    )
    expect(one).toMatchObject({ outcome: 'complete', listed: 2, census: { n: 2 } })
    expect(one.rows.map(({ body }) => `${String(body['rule'])} ${String(body['status'])}`)).toEqual([
      'bucket_is_private pass',
      'y pass',
    ])
    expect(one.rows[0]?.body).toMatchObject({ account: '100000000001', title: 'The rule bucket_is_private' })
  })

  it('that says two things of one rule and resource keeps the worse', async () => {
    for (const statuses of [
      ['PASS', 'FAIL'],
      ['FAIL', 'PASS'],
    ]) {
      const one = await only(list(...statuses.map((status) => finding({ status }))))
      expect(one.rows.map(({ body }) => body['status'])).toEqual(['fail'])
      expect(one.remarks).toEqual(["1 findings repeat another's rule and resource; the worst status was kept"])
    }
  })

  it('of several accounts is a reading of each', async () => {
    const parsed = await read(
      ocsf,
      list(finding({ account: 'a' }), finding({ account: 'b' }), finding({ account: 'a', rule: 'x' })),
    )
    expect(parsed.map(({ stream, collected }) => `${stream} ${collected}`)).toEqual(['findings:a 2', 'findings:b 1'])
  })

  it('may have a finding a line, and a line that is broken makes it a part', async () => {
    const lines = [finding(), finding({ rule: 'x' }), finding({ rule: 'y' })].map((one) => JSON.stringify(one))
    expect(await only(lines.join('\n'))).toMatchObject({ outcome: 'complete', collected: 3 })
    const broken = await only([lines[0], lines[1]!.slice(0, 50), lines[2]].join('\n'))
    expect(broken).toMatchObject({
      outcome: 'partial',
      collected: 2,
      unreachable: [{ subject: 'line 2', because: 'it is not JSON' }],
    })
    expect(broken.rows.map(({ pointer }) => pointer)).toEqual(['line 1', 'line 3'])
  })

  it('that was cut is a part that says where, or nothing at all', async () => {
    const whole = list(finding(), finding({ rule: 'x' }))
    expect(await only(whole.slice(0, -30))).toMatchObject({
      outcome: 'partial',
      why: expect.stringContaining('the file ends in the middle, after 1 findings'),
    })
    await expect(read(ocsf, whole.slice(0, 100))).rejects.toMatchObject({ code: 'FILE_TRUNCATED' })
    await expect(read(ocsf, '[]')).rejects.toMatchObject({ code: 'NOTHING_FOUND' })
  })

  it('with records of other classes counts them among what was not read', async () => {
    const one = await only(list(finding(), { ...finding({ rule: 'x' }), class_uid: 2002 }, { class_uid: 2004 }))
    expect(one).toMatchObject({ outcome: 'partial', listed: 3, collected: 1 })
    expect(one.unreachable.map(({ because }) => because)).toEqual([
      'class 2002 is not a compliance or detection finding',
      'it has no time',
    ])
  })

  it('with more findings by the second count than were read is a part', async () => {
    const hidden = finding({ rule: 'x' })
    const one = await only(list({ ...finding(), enrichments: [{ data: hidden }] }))
    expect(one).toMatchObject({ outcome: 'partial', reconciliation: 'mismatch', census: { n: 2 }, listed: 1 })
  })

  it('with characters that no database holds is read all the same', async () => {
    const one = await only(list(finding({ resource: 'a\u0000b\uD800' })))
    expect(one.rows[0]?.body['resource']).toBe('a\uFFFDb\uFFFD')
  })
})
