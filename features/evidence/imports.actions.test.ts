// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finding, result, sarifLog } from '../../catalog/imports/testdata/reports.ts'
import type { Instant } from '../../lib/time.ts'
import { createWorld, type World } from '../../test/world.ts'
import { evidenceActions, evidenceJobs } from './evidence.actions.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ start: '2026-03-02T09:00:00.000Z' })
})
afterAll(async () => await world.close())

async function upload(name: string, content: unknown, by = 'usr_test'): Promise<string> {
  const bytes = Buffer.isBuffer(content)
    ? content
    : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  return (await world.inbox.receive(world.org, by, name, Readable.from([bytes]), world.clock(), () => undefined)).id
}

const call = <N extends keyof typeof evidenceActions>(
  name: N,
  input: unknown,
  at?: { asOf?: Instant; knownAt?: Instant },
) => world.perform(name, evidenceActions[name], input, undefined, at)

const importFile = async (name: string, content: unknown, more: Record<string, unknown> = {}) =>
  await call('evidence.import', { upload: await upload(name, content), series: 'cloud', ...more })

const facts = async (source: string, at?: { asOf?: Instant; knownAt?: Instant }) =>
  (await call('evidence.facts', { source }, at)).rows
    .map(({ body }) => `${String(body['rule'])} ${String(body['status'])}`)
    .toSorted()

describe('importing a scanner file', () => {
  it('records what it says, when it was so, who says it, and its bytes', async () => {
    const done = await importFile('scan.ocsf.json', [finding(), finding({ rule: 'logs_are_kept', status: 'PASS' })], {
      series: 'first',
    })
    expect(done).toMatchObject({ state: 'done', format: 'ocsf', collections: [{ outcome: 'complete', collected: 2 }] })
    const shown = await call('evidence.get', { id: done.collection_ids[0] })
    expect(shown).toMatchObject({
      source_name: 'first',
      kind: 'posture-finding',
      listed: 2,
      census: { n: 2, exact: 'exact' },
      reconciliation: 'equal',
      observed_at: '2026-03-02T06:00:00.000Z',
      recorded_at: '2026-03-02T09:00:00.000Z',
      late: false,
      fresh: true,
      producer: { id: 'import:ocsf', version: '1', tool: { name: 'Cloudscan', version: '5.4.0' } },
      captures: [{ name: 'scan.ocsf.json', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    })
    expect(shown.manifest).toMatch(/^[0-9a-f]{64}$/)
    expect(await facts('first')).toEqual(['bucket_is_private fail', 'logs_are_kept pass'])
    expect(
      world.jobs.waiting.filter((job) => job.data.input['collection_id'] === done.collection_ids[0]),
    ).toMatchObject([{ name: 'judge' }])
  })

  it('ends what a complete later scan no longer finds, and answers as known before', async () => {
    await importFile('monday.json', [finding({ resource: 'a' }), finding({ resource: 'b' })], { series: 'drift' })
    world.clock.advance(86_400_000)
    await importFile('tuesday.json', [finding({ resource: 'a', at: '2026-03-03T06:00:00Z' })], { series: 'drift' })
    expect(await facts('drift')).toHaveLength(1)
    expect(await facts('drift', { asOf: '2026-03-03T05:59:59.000Z' })).toHaveLength(2)
    expect(await facts('drift', { knownAt: '2026-03-02T12:00:00.000Z' })).toHaveLength(2)
  })

  it('that left out rules of the one before is a part, unless somebody says that it is whole', async () => {
    const rules = ['r1', 'r2', 'r3'].map((rule) => finding({ rule }))
    await importFile('all.json', rules, { series: 'narrow' })
    const some = [finding({ rule: 'r1', at: '2026-03-02T07:00:00Z' })]
    const part = await importFile('some.json', some, { series: 'narrow' })
    expect(part.collections[0]).toMatchObject({
      outcome: 'partial',
      why: expect.stringContaining('2 rules of the scan before'),
    })
    expect(await facts('narrow')).toHaveLength(3)
    const whole = [finding({ rule: 'r1', at: '2026-03-02T08:00:00Z' })]
    await importFile('whole.json', whole, { series: 'narrow', whole: true })
    expect(await facts('narrow')).toHaveLength(1)
  })

  it('late stays labelled late, and does not undo what is known since', async () => {
    await importFile('new.json', [finding({ status: 'PASS', at: '2026-03-03T08:00:00Z' })], { series: 'late' })
    const late = await importFile('old.json', [finding({ status: 'FAIL', at: '2026-03-01T08:00:00Z' })], {
      series: 'late',
    })
    expect(await call('evidence.get', { id: late.collection_ids[0] })).toMatchObject({ late: true })
    expect(await facts('late')).toEqual(['bucket_is_private pass'])
    expect(await facts('late', { asOf: '2026-03-02T00:00:00.000Z' })).toEqual(['bucket_is_private fail'])
  })

  it('corrected by another file believes the other, and both stay', async () => {
    const wrong = await importFile('wrong.json', [finding({ resource: 'a' }), finding({ resource: 'typo' })], {
      series: 'fix',
    })
    const right = [finding({ resource: 'a' }), finding({ resource: 'c', status: 'PASS' })]
    world.clock.advance(1000)
    const fixed = await importFile('right.json', right, { series: 'fix', supersedes: wrong.collection_ids })
    expect((await call('evidence.facts', { source: 'fix' })).rows.map((row) => row.body['resource'])).toEqual([
      'a',
      'c',
    ])
    expect(await call('evidence.get', { id: wrong.collection_ids[0] })).toMatchObject({
      superseded_by: fixed.collection_ids[0],
    })
    await expect(
      importFile('again.json', [finding()], { series: 'fix', supersedes: wrong.collection_ids }),
    ).rejects.toMatchObject({
      code: 'ALREADY_SUPERSEDED',
    })
  })

  it('twice is refused, naming the reading it gave', async () => {
    const content = [finding({ resource: 'once' })]
    const first = await importFile('once.json', content, { series: 'twice' })
    await expect(importFile('copy.json', content, { series: 'twice' })).rejects.toMatchObject({
      code: 'ALREADY_IMPORTED',
      message: expect.stringContaining(first.collection_ids[0]!),
    })
  })

  it('that does not say when it was made needs somebody who does', async () => {
    const log = sarifLog([result()], { successful: null })
    await expect(importFile('code.sarif', log, { series: 'code' })).rejects.toMatchObject({
      code: 'OBSERVED_AT_NEEDED',
    })
    const done = await importFile('code.sarif', log, { series: 'code', observed_at: '2026-03-02T08:00:00Z' })
    expect(done.collections.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      'code-finding partial',
      'code-scan complete',
    ])
    expect((await call('evidence.get', { id: done.collection_ids[0] })).remarks).toEqual([
      'the moment is the word of who imported it; the file says none',
    ])
  })

  it('from the future, of an unknown kind, or of somebody else is refused and leaves nothing', async () => {
    await expect(importFile('f.json', [finding({ at: '2027-01-01T00:00:00Z' })])).rejects.toMatchObject({
      code: 'FROM_THE_FUTURE',
    })
    await expect(importFile('x.json', { hello: 1 })).rejects.toMatchObject({
      code: 'UNKNOWN_FORMAT',
      message: expect.stringMatching(/JSON with members such as hello; formats that are read: .*OCSF findings/),
    })
    await expect(importFile('x.json', [finding()], { format: 'sarif' })).rejects.toMatchObject({ code: 'WRONG_FORMAT' })
    const foreign = await upload('y.json', [finding()], 'usr_other')
    await expect(call('evidence.import', { upload: foreign, series: 'cloud' })).rejects.toMatchObject({
      code: 'UNKNOWN_UPLOAD',
    })
    expect((await call('evidence.list', { source: 'cloud' })).rows).toEqual([])
  })

  it('that is large is read in the background, and its state can be asked for', async () => {
    const many = Array.from({ length: 4000 }, (_, i) =>
      finding({ resource: `bucket/${i}`, status: i % 3 ? 'PASS' : 'FAIL' }),
    )
    const queued = await importFile('large.json', JSON.stringify(many, null, 1), { series: 'large' })
    expect(queued).toMatchObject({ state: 'queued', collections: [] })
    const job = world.jobs.waiting.find(({ name }) => name === 'import')
    const run = () => evidenceJobs.import(world)({ ...job!.data, id: 'job', signal: new AbortController().signal })
    await run()
    await run() // at least once: the second finds that it is done
    const { rows } = await call('evidence.imports', { id: queued.id })
    expect(rows).toMatchObject([{ state: 'done', collection_ids: [expect.any(String)] }])
    expect(await call('evidence.get', { id: rows[0]!.collection_ids[0] })).toMatchObject({
      collected: 4000,
      outcome: 'complete',
    })
  })

  it('that cannot be read in the background says why', async () => {
    const cut = JSON.stringify(sarifLog(Array.from({ length: 20_000 }, (_, line) => result({ line: line + 1 })))).slice(
      0,
      -40,
    )
    const queued = await importFile('cut.sarif', cut, { series: 'cut' })
    const job = world.jobs.waiting.findLast(({ name }) => name === 'import')
    await evidenceJobs.import(world)({ ...job!.data, id: 'job', signal: new AbortController().signal })
    expect((await call('evidence.imports', { id: queued.id })).rows).toMatchObject([
      { state: 'refused', code: 'FILE_TRUNCATED', because: expect.stringContaining('ends in the middle') },
    ])
  })
})
