// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finding } from '../../catalog/imports/testdata/reports.ts'
import type { Actor, Role } from '../../lib/action.ts'
import type { Instant } from '../../lib/time.ts'
import { createWorld, type World } from '../../test/world.ts'
import { evidenceActions } from './evidence.actions.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ start: '2026-04-20T09:00:00.000Z' })
})
afterAll(async () => await world.close())

type Name = keyof typeof evidenceActions
const person = (id: string, name: string, ...roles: Role[]): Actor => ({ org: world.org, id, name, roles })
const ann = () => person('usr_ann', 'Ann Example', 'control_owner')
const bob = () => person('usr_bob', 'Bob Example', 'compliance_manager')
const eve = () => person('usr_eve', 'Eve Auditor', 'audit_staff')

const call = <N extends Name>(who: Actor, name: N, input: unknown, at?: { asOf?: Instant; knownAt?: Instant }) =>
  world.perform(name, evidenceActions[name], input, who, at)

async function upload(name: string, content: string | Buffer, by: Actor): Promise<string> {
  return (
    await world.inbox.receive(
      world.org,
      by.id,
      name,
      Readable.from([Buffer.from(content)]),
      world.clock(),
      () => undefined,
    )
  ).id
}
const attach = async (name: string, more: Record<string, unknown> = {}, who = ann()) =>
  await call(who, 'evidence.attach', {
    upload: await upload(name, `contents of ${name}`, who),
    source: 'board',
    ...more,
  })
const audited = async (event: string) =>
  (await world.owner.query('select subject, actor from audit_event where event = $1 order by recorded_at', [event]))
    .rows as {
    subject: string
    actor: string
  }[]

describe('a document', () => {
  it('is kept as it is, with period, source and preparer, and put forward for its control in one step', async () => {
    const made = await attach('minutes.txt', {
      period_from: '2026-01-01',
      period_to: '2026-03-31',
      link: { control: 'GOV-03', slot: 'document-1', period_from: '2026-01-01', period_to: '2026-03-31' },
    })
    const shown = await call(ann(), 'evidence.get', { id: made.id })
    expect(shown).toMatchObject({
      source_kind: 'person',
      kind: 'document',
      producer: { id: 'import:document', prepared_by: 'Ann Example' },
      observed_at: '2026-03-31T23:59:59.999Z',
      late: true,
      captures: [{ name: 'minutes.txt', size_bytes: 23 }],
      links: [{ id: made.link, control_id: 'GOV-03', state: 'submitted' }],
    })
    const { rows } = await call(ann(), 'evidence.facts', { kind: 'document' })
    expect(rows[0]?.body).toMatchObject({
      name: 'minutes.txt',
      source: 'board',
      prepared_by: 'Ann Example',
      period_to: '2026-03-31',
    })
  })

  it('of today is not late, and one beside it does not end it', async () => {
    const one = await attach('january.txt', { series: 'reviews' })
    await attach('february.txt', { series: 'reviews' })
    expect(await call(ann(), 'evidence.get', { id: one.id })).toMatchObject({ late: false })
    expect((await call(ann(), 'evidence.facts', { source: 'reviews' })).rows).toHaveLength(2)
  })

  it('is corrected by another of the same name, and both stay', async () => {
    const wrong = await attach('list.txt', { series: 'lists' })
    const who = ann()
    world.clock.advance(60_000)
    const right = await call(who, 'evidence.attach', {
      upload: await upload('list.txt', 'better', who),
      source: 'board',
      series: 'lists',
      supersedes: wrong.id,
    })
    expect(await call(who, 'evidence.get', { id: wrong.id })).toMatchObject({ superseded_by: right.id })
    expect(await call(who, 'evidence.get', { id: right.id })).toMatchObject({
      supersedes: wrong.id,
      superseded_by: null,
    })
    const before = { knownAt: new Date(world.clock().getTime() - 30_000).toISOString() }
    expect(await call(who, 'evidence.get', { id: wrong.id }, before)).toMatchObject({ superseded_by: null })
  })

  it('about days to come, or that end before they begin, is refused', async () => {
    await expect(attach('a.txt', { period_from: '2026-04-01', period_to: '2026-05-01' })).rejects.toMatchObject({
      code: 'PERIOD_IN_FUTURE',
    })
    await expect(attach('a.txt', { period_from: '2026-04-02', period_to: '2026-04-01' })).rejects.toMatchObject({
      code: 'PERIOD_ENDS_BEFORE_START',
    })
  })

  it('cannot be attached or linked by an auditor', async () => {
    await expect(attach('a.txt', {}, eve())).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(
      call(eve(), 'evidence.link', { collection: 'x', control: 'GOV-03', slot: 'document-1' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('evidence put forward for a control', () => {
  const put = async (name: string, who = ann(), more: Record<string, unknown> = {}) => {
    const made = await attach(name, { series: name, ...more }, who)
    return (await call(who, 'evidence.link', { collection: made.id, control: 'GOV-04', slot: 'document-1' })).id
  }

  it('that a person made by hand is accepted by somebody else, and the trail says by whom', async () => {
    const link = await put('own.txt')
    await expect(call(ann(), 'evidence.decide', { link, state: 'accepted' })).rejects.toMatchObject({
      code: 'OWN_EVIDENCE',
    })
    expect(await call(bob(), 'evidence.decide', { link, state: 'accepted' })).toMatchObject({
      state: 'accepted',
      decided_by: 'usr_bob',
    })
    expect(await audited('evidence.accepted')).toEqual([{ subject: link, actor: 'usr_bob' }])
  })

  it('speaks about the period of its document, unless it is said to speak about a part of it', async () => {
    const said = { period_from: '2026-01-01', period_to: '2026-03-31' }
    const to = { control: 'GOV-04', slot: 'document-1' }
    for (const [link, period_to] of [
      [to, '2026-03-31'],
      [{ ...to, period_to: '2026-02-28' }, '2026-02-28'],
    ] as const) {
      const made = await attach(`quarter-${period_to}.txt`, { ...said, link })
      const { rows } = await call(ann(), 'evidence.links', { collection: made.id })
      expect(rows).toMatchObject([{ period_from: '2026-01-01', period_to }])
    }
  })

  it('that somebody else put forward is still not accepted by the one who prepared it', async () => {
    const link = await put('prepared.txt', bob(), { prepared_by: 'Ann Example' })
    await expect(call(ann(), 'evidence.decide', { link, state: 'accepted' })).rejects.toMatchObject({
      code: 'OWN_EVIDENCE',
    })
  })

  it('that a scanner made may be accepted by who put it forward', async () => {
    const who = bob()
    const file = await upload('scan.json', JSON.stringify([finding({ at: '2026-04-20T08:00:00Z' })]), who)
    const { collection_ids } = await call(who, 'evidence.import', { upload: file, series: 'cloud' })
    const { id } = await call(who, 'evidence.link', {
      collection: collection_ids[0],
      control: 'GOV-04',
      slot: 'document-1',
    })
    expect(await call(who, 'evidence.decide', { link: id, state: 'accepted' })).toMatchObject({ state: 'accepted' })
  })

  it('is rejected with a reason of the list and a sentence; auditors may reject but not accept', async () => {
    const link = await put('stale.txt')
    await expect(call(bob(), 'evidence.decide', { link, state: 'rejected' })).rejects.toMatchObject({
      code: 'REASON_REQUIRED',
      pointer: '/code',
    })
    await expect(call(bob(), 'evidence.decide', { link, state: 'rejected', code: 'STALE' })).rejects.toMatchObject({
      pointer: '/because',
    })
    await expect(
      call(bob(), 'evidence.decide', { link, state: 'rejected', code: 'UGLY', because: 'I do not like it' }),
    ).rejects.toThrow(/expected one of OUT_OF_PERIOD/)
    await expect(call(eve(), 'evidence.decide', { link, state: 'accepted' })).rejects.toMatchObject({
      code: 'MANAGEMENT_ACCEPTS',
    })
    const rejected = await call(eve(), 'evidence.decide', {
      link,
      state: 'rejected',
      code: 'STALE',
      because: 'It is of last year',
    })
    expect(rejected).toMatchObject({
      state: 'rejected',
      code: 'STALE',
      because: 'It is of last year',
      decided_by: 'usr_eve',
    })
  })

  it('keeps every decision, and answers as it was known before', async () => {
    const link = await put('decided.txt')
    const moments: Instant[] = []
    for (const decision of [{ state: 'rejected', code: 'STALE', because: 'too old for us' }, { state: 'accepted' }]) {
      world.clock.advance(1000)
      await call(bob(), 'evidence.decide', { link, ...decision })
      moments.push(world.clock().toISOString())
    }
    const stateAt = async (knownAt: Instant) =>
      (await call(bob(), 'evidence.links', { control: 'GOV-04' }, { knownAt })).rows.find(({ id }) => id === link)
        ?.state
    expect(await Promise.all(moments.map(stateAt))).toEqual(['rejected', 'accepted'])
  })

  it('is withdrawn by who put it forward or a manager, and then it is over', async () => {
    const link = await put('withdrawn.txt')
    const other = person('usr_cy', 'Cy', 'control_owner')
    await expect(call(other, 'evidence.decide', { link, state: 'withdrawn' })).rejects.toMatchObject({
      code: 'NOT_YOURS_TO_WITHDRAW',
    })
    await call(ann(), 'evidence.decide', { link, state: 'withdrawn' })
    await expect(call(bob(), 'evidence.decide', { link, state: 'accepted' })).rejects.toMatchObject({
      code: 'LINK_WITHDRAWN',
    })
  })

  it('needs a control, a slot of it, and evidence that stands; once is enough', async () => {
    const { id } = await attach('slots.txt')
    const link = (more: object) =>
      call(ann(), 'evidence.link', { collection: id, control: 'GOV-04', slot: 'document-1', ...more })
    await expect(link({ control: 'NOPE-1' })).rejects.toMatchObject({ code: 'UNKNOWN_CONTROL' })
    await expect(link({ slot: 'document-99' })).rejects.toMatchObject({
      code: 'UNKNOWN_SLOT',
      message: expect.stringContaining('document-1'),
    })
    await expect(link({ collection: 'col_none' })).rejects.toMatchObject({ code: 'UNKNOWN_EVIDENCE' })
    await link({})
    await expect(link({})).rejects.toMatchObject({ code: 'ALREADY_LINKED' })
    await expect(call(bob(), 'evidence.decide', { link: 'lnk_none', state: 'accepted' })).rejects.toMatchObject({
      code: 'UNKNOWN_LINK',
    })
  })

  it('decided by two people at once has both decisions, one after the other', async () => {
    const link = await put('race.txt')
    const decide = (state: string, more: object = {}) => call(bob(), 'evidence.decide', { link, state, ...more })
    await Promise.all([
      decide('accepted'),
      decide('rejected', { code: 'STALE', because: 'too old for us' }),
      decide('accepted'),
    ])
    const { rows } = await world.owner.query('select n from evidence_decision where link_id = $1 order by n', [link])
    expect(rows).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
  })
})

describe('an attestation', () => {
  const attest = async (more: Record<string, unknown> = {}, who = ann()) =>
    await call(who, 'evidence.attest', {
      control: 'GOV-03',
      statement: 'The board met and minuted security.',
      outcome: 'performed',
      period_from: '2026-01-01',
      period_to: '2026-03-31',
      ...more,
    })

  it('rests on evidence, names it in the ledger, and stands until it is corrected', async () => {
    const { id: evidence } = await attach('board.txt')
    const { id } = await attest({ evidence: [evidence] })
    world.clock.advance(1000)
    const between = world.clock().toISOString()
    world.clock.advance(1000)
    const better = await attest({
      evidence: [evidence],
      statement: 'The board met twice and minuted security.',
      supersedes: id,
    })
    const standing = async (knownAt?: Instant) =>
      (await call(ann(), 'evidence.attestations', { control: 'GOV-03' }, knownAt ? { knownAt } : undefined)).rows.map(
        (row) => row.id,
      )
    expect(await standing()).toEqual([better.id])
    expect(await standing(between)).toEqual([id])
    await expect(attest({ evidence: [evidence], supersedes: id })).rejects.toMatchObject({ code: 'ALREADY_SUPERSEDED' })
    expect((await audited('evidence.attested')).map(({ subject }) => subject)).toEqual([id, better.id])
  })

  it('is how the oversight body records its review, of its own controls only', async () => {
    const { id: evidence } = await attach('minutes-of-the-board.txt')
    const olga = (...roles: Actor['roles']): Actor => ({ ...ann(), id: 'usr_olga', name: 'Olga', roles })
    const { id } = await attest({ evidence: [evidence] }, olga('oversight'))
    const { rows } = await call(ann(), 'evidence.attestations', { control: 'GOV-03' })
    expect(rows.find((row) => row.id === id)).toMatchObject({ attested_by: 'usr_olga' })
    await expect(attest({ control: 'GOV-04', evidence: [evidence] }, olga('oversight'))).rejects.toMatchObject({
      code: 'NOT_OVERSIGHT',
      status: 403,
    })
    await attest({ control: 'GOV-04', evidence: [evidence] }, olga('oversight', 'executive'))
  })

  it('that a control was performed needs evidence; that there was no occasion, or that it was not, does not', async () => {
    await expect(attest()).rejects.toMatchObject({ code: 'EVIDENCE_REQUIRED' })
    await attest({ outcome: 'no_occurrence', statement: 'Nobody left in the quarter.' })
    await attest({ outcome: 'not_performed', statement: 'The meeting was cancelled.' })
  })

  it('on evidence that was corrected, or is not there, is refused', async () => {
    const wrong = await attach('w.txt', { series: 'w' })
    const right = await call(ann(), 'evidence.attach', {
      upload: await upload('w.txt', 'right', ann()),
      source: 'board',
      series: 'w',
      supersedes: wrong.id,
    })
    await expect(attest({ evidence: [wrong.id] })).rejects.toMatchObject({
      code: 'ALREADY_SUPERSEDED',
      message: expect.stringContaining(right.id),
    })
    await expect(attest({ evidence: ['col_none'] })).rejects.toMatchObject({ code: 'UNKNOWN_EVIDENCE' })
  })

  it('about the future or an unknown control is refused, and auditors attest nothing', async () => {
    await expect(attest({ outcome: 'no_occurrence', period_to: '2026-06-30' })).rejects.toMatchObject({
      code: 'PERIOD_IN_FUTURE',
    })
    await expect(attest({ outcome: 'no_occurrence', control: 'X' })).rejects.toMatchObject({ code: 'UNKNOWN_CONTROL' })
    await expect(attest({ outcome: 'no_occurrence' }, eve())).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(attest({ outcome: 'no_occurrence', supersedes: 'att_none' })).rejects.toMatchObject({
      code: 'UNKNOWN_ATTESTATION',
    })
  })
})

describe('looking at evidence', () => {
  it('shows the place of a fact in the very bytes that were captured, and records the look', async () => {
    const who = bob()
    const text = JSON.stringify(
      [finding({ at: '2026-04-20T07:00:00Z' }), finding({ rule: 'mfa_on', at: '2026-04-20T07:00:00Z' })],
      null,
      2,
    )
    const { collection_ids } = await call(who, 'evidence.import', {
      upload: await upload('p.json', text, who),
      series: 'previewed',
    })
    const { rows } = await call(who, 'evidence.facts', { source: 'previewed', search: 'MFA_on' })
    const { pointer, capture_n, collection_id } = rows[0]!
    const shown = await call(eve(), 'evidence.preview', { id: collection_id, n: capture_n, pointer })
    expect(shown).toMatchObject({ name: 'p.json', encoding: 'text', size_bytes: text.length })
    expect(JSON.parse(shown.content.slice(shown.marked!.from, shown.marked!.to))).toMatchObject({
      metadata: { event_code: 'mfa_on' },
    })
    expect(await audited('evidence.previewed')).toEqual([{ subject: collection_ids[0], actor: 'usr_eve' }])
  })

  it('of bytes shows them in hexadecimal, and never more than was asked for', async () => {
    const who = ann()
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 256))
    const { id } = await call(who, 'evidence.attach', { upload: await upload('b.bin', bytes, who), source: 'x' })
    const shown = await call(who, 'evidence.preview', { id, offset: 32, length: 65_536 })
    expect(shown).toMatchObject({ encoding: 'hex', from: 32, to: 32 + 16_384, marked: null })
    expect(shown.content.split('\n')[0]).toBe(
      '00000020  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !"#$%&\'()*+,-./',
    )
    await expect(call(who, 'evidence.preview', { id, n: 7 })).rejects.toMatchObject({ code: 'UNKNOWN_CAPTURE' })
  })

  it('follows one subject through all that was ever believed about it', async () => {
    const who = bob()
    for (const [hour, status] of [
      ['05', 'FAIL'],
      ['06', 'PASS'],
      ['07', 'PASS'],
    ] as const)
      await call(who, 'evidence.import', {
        upload: await upload('s.json', JSON.stringify([finding({ status, at: `2026-04-20T${hour}:00:00Z` })]), who),
        series: 'followed',
      })
    const { rows } = await call(who, 'evidence.facts', { source: 'followed' })
    const history = await call(who, 'evidence.subject', { subject_id: rows[0]!.subject_id })
    expect(
      history.rows.map(({ body, valid_from, valid_to }) => [
        body['status'],
        valid_from.slice(11, 13),
        valid_to?.slice(11, 13) ?? null,
      ]),
    ).toEqual([
      ['pass', '06', null],
      ['fail', '05', '06'],
    ])
    await expect(call(who, 'evidence.subject', { subject_id: 987_654 })).rejects.toMatchObject({
      code: 'UNKNOWN_SUBJECT',
    })
  })

  it('pages by key, and its lists can be narrowed', async () => {
    const seen: string[] = []
    for (let after: string | undefined, n = 0; n < 50; n++) {
      const page = await call(bob(), 'evidence.list', { limit: 3, kind: 'document', ...(after ? { after } : {}) })
      seen.push(...page.rows.map(({ id }) => id))
      if (page.next === null) break
      after = page.next
    }
    const { rows } = await call(bob(), 'evidence.list', { limit: 500, kind: 'document' })
    expect(seen).toEqual(rows.map(({ id }) => id))
    expect(new Set(seen).size).toBe(seen.length)
    expect((await call(bob(), 'evidence.list', { control: 'GOV-03' })).rows.map(({ kind }) => kind)).toEqual([
      'document',
    ])
  })

  it('of a file before it is imported says what it is and how its columns fit', async () => {
    const who = bob()
    const table = await upload('users.csv', 'Username;Email;Status;Admin;2FA\nann;ann@example.org;active;no;yes\n', who)
    expect(await call(who, 'evidence.inspect', { upload: table })).toMatchObject({
      format: 'csv',
      table: {
        delimiter: ';',
        headers: ['Username', 'Email', 'Status', 'Admin', '2FA'],
        suggestions: [{ kind: 'user-account', missing: ['system'] }],
      },
    })
    const done = await call(who, 'evidence.import', {
      upload: table,
      series: 'ticketing users',
      prepared_by: 'Bob Example',
      observed_at: '2026-04-20T08:00:00Z',
      table: {
        kind: 'user-account',
        columns: { account: 'Username', email: 'Email', status: 'Status', is_admin: 'Admin', mfa: '2FA' },
        constants: { system: 'ticketing' },
        declared_rows: 1,
      },
    })
    expect(done.collections).toMatchObject([{ kind: 'user-account', outcome: 'complete', collected: 1 }])
    expect(
      (await call(who, 'evidence.formats', {})).tables.find(({ kind }) => kind === 'user-account')?.fields,
    ).toContainEqual({
      name: 'mfa',
      type: 'yes or no',
      words: [],
      nullable: false,
      description: null,
    })
  })
})
