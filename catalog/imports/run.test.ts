// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest'
import { postureFinding } from '../kinds/posture-finding.ts'
import { digestRows } from '../row-digests.ts'
import { ocsf } from './ocsf.ts'
import { bodyText } from './row-columns.ts'
import { read, readApart } from './testdata/reading.ts'

const lines = Array.from({ length: 6000 }, (_, i) =>
  JSON.stringify({
    class_uid: 2004,
    time: 1_772_344_800 + i,
    metadata: { event_code: `rule_${i % 7}`, product: { name: 'Scanner "é"' } },
    status_code: i % 2 ? 'PASS' : 'FAIL',
    resources: [{ uid: `thing/${i}\u2028`, type: 'Thing' }],
    cloud: { account: { uid: String(i % 2) } },
  }),
).join('\n')

it('the thread apart gives the rows and digests that reading in this thread gives', async () => {
  const [here, apart] = [await read(ocsf, lines), await readApart('ocsf', lines)]
  expect(apart).toHaveLength(2)
  for (const [n, { rows, digests, ...rest }] of apart.entries()) {
    const { rows: expected, ...of } = here[n]! // as many streams
    expect(rest).toEqual(of)
    expect(rows.map(({ key, label, capture, pointer, body }) => ({ key, label, capture, pointer, body }))).toEqual(
      expected,
    )
    expect(rows.map(bodyText)).toEqual(expected.map(bodyText))
    expect(digests).toEqual(digestRows(postureFinding, expected))
  }
})
