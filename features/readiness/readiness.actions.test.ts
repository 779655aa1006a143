// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actActions } from '../evidence/acts.actions.ts'
import { controlsActions } from '../controls/controls.actions.ts'
import { syncCatalogChecks } from '../monitoring/versions.store.ts'
import { givenAttestation, givenDaily, givenDocument, givenProgramme, goTo } from '../../test/programme.ts'
import { account, change, device, givenReading } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { readinessActions } from './readiness.actions.ts'

let world: World
type Name = keyof typeof readinessActions
const ask = <N extends Name>(name: N, input: unknown = {}, at: { asOf?: string; knownAt?: string } = {}) =>
  world.perform(name, readinessActions[name], input, world.actor(['oversight']), at)
const accounts = (mfa = true) => ({
  kind: 'user-account',
  source: 'identity',
  rows: [account('ada'), account('bob', { mfa })],
})

beforeAll(async () => {
  world = await createWorld({ start: '2026-01-01T12:00:00.000Z' })
  await world.tenant((tx) => syncCatalogChecks(tx, world.jobs))
})
afterAll(() => world.close())

describe('before anything was scoped', () => {
  it('readiness says what to do instead of showing numbers', async () => {
    const overview = await ask('readiness.overview')
    expect(overview).toMatchObject({ scope: null, sentence: 'No criteria apply yet; save a scope first.', heat: [] })
    expect((await ask('readiness.criteria')).rows).toEqual([])
    expect((await ask('readiness.controls')).rows).toEqual([])
    await expect(ask('readiness.control', { id: 'IAM-02' })).rejects.toMatchObject({ code: 'NOT_ADOPTED' })
    await expect(ask('readiness.criterion', { id: 'CC6.1' })).rejects.toMatchObject({ code: 'NOT_IN_SCOPE' })
  })
})

describe('a period that is lived through', () => {
  beforeAll(async () => {
    await givenProgramme(world, { controls: ['IAM-02', 'IAM-06', 'GOV-03', 'INC-02'] })
    await world.perform(
      'controls.adopt',
      controlsActions['controls.adopt'],
      { controls: ['END-01'], effective_from: '2026-02-09', owner: 'usr_00000000000000000000000001' },
      world.actor(['so_admin']),
    )
    // Weekly readings of accounts; one without a second factor from 19 January to 26 January.
    for (const [day, mfa] of [
      ['2026-01-01', true],
      ['2026-01-06', true],
      ['2026-01-12', true],
      ['2026-01-19', false],
      ['2026-01-26', true],
      ['2026-02-02', true],
    ] as const) {
      goTo(world, day)
      await givenReading(world, accounts(mfa))
    }
    await givenDaily(world, '2026-02-01', '2026-02-12', () => ({ kind: 'device', source: 'mdm', rows: [device('d1')] }))
    // The identity source is silent for nine days after its seven days of freshness, then reads again.
    goTo(world, '2026-02-18')
    await givenReading(world, accounts())
    goTo(world, '2026-03-25')
    await givenAttestation(world, 'IAM-06', '2026-01-01', '2026-03-25')
  })

  it('shows the strip of each control by day, and nothing green while a connector is silent', async () => {
    const mfa = await ask('readiness.control', { id: 'IAM-02' }, { asOf: '2026-02-20T12:00:00.000Z' })
    // 1 January to 18 January passing, 19 to 26 failing (the day of the repair had the failure), then passing to
    // 9 February at noon, when the seven days of the reading of 2 February end; then nothing until 18 February.
    expect(mfa.cells.slice(0, 51)).toBe('o'.repeat(18) + 'f'.repeat(8) + 'o'.repeat(13) + 'n'.repeat(9) + 'o'.repeat(3))
    expect(mfa.cells.slice(51).trim()).toBe('')
    expect(mfa.components?.O).toMatchObject({ passed: 34, expected: 51 })
    expect(mfa.ineffective).toContain('34 of 51')
  })

  it('shows 39 white days of a control that started on day 40, and owes only the days since', async () => {
    const endpoints = await ask('readiness.control', { id: 'END-01' }, { asOf: '2026-02-12T12:00:00.000Z' })
    expect(endpoints.cells.slice(0, 43)).toBe('.'.repeat(39) + 'oooo')
    expect(endpoints.components?.O).toMatchObject({ passed: 4, expected: 4 })
    expect(endpoints).toMatchObject({ since: '2026-02-09', late_start_days: 39 })
    expect(await ask('readiness.control', { id: 'IAM-02' })).toMatchObject({ late_start_days: 0 })
  })

  it('counts an attested quarter, and no further one before it is due', async () => {
    const review = await ask('readiness.control', { id: 'IAM-06' }, { asOf: '2026-03-31T12:00:00.000Z' })
    expect(review.components).toMatchObject({
      D: { value: 1 },
      I: { value: 1 },
      F: { value: 1 },
      O: { passed: 1, expected: 1 },
    })
    expect(review.score).toBe(1)
    expect(review.attestation_due).toBe(true)
    expect(review.next_due).toEqual({ due: '2026-06-25', overdue_from: '2026-07-10' })
  })

  it('answers for any day: before the attestation was recorded nobody knew of it', async () => {
    const at = { asOf: '2026-03-20T12:00:00.000Z', knownAt: '2026-03-20T12:00:00.000Z' }
    expect((await ask('readiness.control', { id: 'IAM-06' }, at)).components?.I.value).toBe(0)
    const later = { ...at, knownAt: '2026-03-26T12:00:00.000Z' }
    expect((await ask('readiness.control', { id: 'IAM-06' }, later)).components?.I.value).toBe(1)
  })

  it('rolls up to criteria: a failing key control caps, and a criterion without control is not ready with score 0', async () => {
    const { rows } = await ask('readiness.criteria', {}, { asOf: '2026-02-20T12:00:00.000Z' })
    expect(rows).toHaveLength(33)
    expect(rows.find((r) => r.id === 'CC6.1')).toMatchObject({ status: 'not_ready' })
    expect(rows.find((r) => r.id === 'CC6.1')?.caps[0]).toMatchObject({ at: 0.5 })
    expect(rows.find((r) => r.id === 'CC7.5')).toMatchObject({ score: 0, status: 'not_ready', controls: [] })
    const gate = async (asOf: string) => (await ask('readiness.overview', {}, { asOf })).start_gate
    expect((await gate('2025-12-30T12:00:00.000Z'))[0]).toMatchObject({
      met: false,
      missing: expect.arrayContaining(['CC7.5']),
    })
    // Once the period runs nobody asks whether it may start.
    expect(await gate('2026-02-20T12:00:00.000Z')).toEqual([])
  })

  it('shows points of focus only as something to consider', async () => {
    const criterion = await ask('readiness.criterion', { id: 'CC6.7' }, { asOf: '2026-02-12T12:00:00.000Z' })
    expect(criterion).toMatchObject({ status: 'ready', score: 1, thin: true, caps: [] })
    expect(criterion.consider.length).toBeGreaterThan(3)
    expect(JSON.stringify(criterion.moves)).not.toContain('focus')
  })

  it('says what happened on one day, to whom, and why', async () => {
    const day = await ask('readiness.days', { id: 'IAM-02', day: '2026-01-20' }, { asOf: '2026-02-20T12:00:00.000Z' })
    expect(day).toMatchObject({ state: 'f', checks: [{ check_id: 'accounts-use-mfa', state: 'f', failing: 1 }] })
    expect(day.subjects).toMatchObject([{ label: 'bob in git', status: 'fail' }])
    const silent = await ask(
      'readiness.days',
      { id: 'IAM-02', day: '2026-02-15' },
      { asOf: '2026-02-20T12:00:00.000Z' },
    )
    expect(silent).toMatchObject({ state: 'n', subjects: [], runs: [] })
    const attested = await ask('readiness.days', { id: 'IAM-06', day: '2026-02-01' })
    expect(attested).toMatchObject({ state: 'o', said: [{ by: 'attestation', outcome: 'performed' }] })
    await expect(ask('readiness.days', { id: 'IAM-02', day: '2025-01-20' })).rejects.toMatchObject({
      code: 'OUTSIDE_PERIOD',
    })
  })

  it('gives the overview in words and counts, with changes and what is next', async () => {
    const overview = await ask('readiness.overview', {}, { asOf: '2026-02-20T12:00:00.000Z' })
    expect(overview.sentence).toMatch(/^\d+ of 33 criteria (is|are) ready; /)
    expect(overview.scope).toMatchObject({ state: 'approved', days_covered: 51, days_total: 180 })
    expect(overview.heat.map((g) => g.group)).toEqual(['CC1', 'CC6', 'CC7'])
    expect(overview.changes).toContainEqual(
      expect.objectContaining({ control_id: 'IAM-02', day: '2026-02-18', before: 'n', after: 'o' }),
    )
    expect(overview.next.map((n) => n.id)).toContain('IAM-06')
    expect(overview.controls).toEqual({ in_effect: 5, without_owner: 0, ineffective: 2 })
  })

  it('pages and filters controls', async () => {
    const first = await ask('readiness.controls', { limit: 2 })
    const rest = await ask('readiness.controls', { limit: 10, after: first.next })
    expect([...first.rows, ...rest.rows].map((r) => r.control_id)).toEqual([
      'GOV-03',
      'IAM-02',
      'IAM-06',
      'END-01',
      'INC-02',
    ])
    expect((await ask('readiness.controls', { criterion: 'CC6.8' })).rows.map((r) => r.control_id)).toEqual(['END-01'])
    expect((await ask('readiness.controls', { state: 'ineffective' })).rows.map((r) => r.control_id)).toContain(
      'IAM-02',
    )
  })

  it('shows rejected evidence as rejected, and keeps it when a new piece is accepted', async () => {
    goTo(world, '2026-04-10')
    const anna = { ...world.actor(['control_owner']), id: 'usr_00000000000000000000000001' }
    const decide = async (collection: string, decision: object) => {
      const { id } = await world.perform(
        'evidence.link',
        actActions['evidence.link'],
        { control: 'GOV-03', slot: 'document-1', collection },
        anna,
      )
      await world.perform(
        'evidence.decide',
        actActions['evidence.decide'],
        { link: id, ...decision },
        {
          ...world.actor(['compliance_manager']),
          id: 'usr_other',
        },
      )
    }
    const minutes = await givenDocument(world, 'old minutes')
    await decide(minutes, {
      state: 'rejected',
      code: 'STALE',
      because: 'too old for a quarter',
    })
    const slot = async () => (await ask('readiness.control', { id: 'GOV-03' })).slots.find((s) => s.id === 'document-1')
    expect(await slot()).toMatchObject({ state: 'rejected', evidence: [{ state: 'rejected' }] })
    // A person's word on what was rejected is no more than a word.
    const word = {
      control: 'GOV-03',
      statement: 'The body met and took minutes.',
      outcome: 'performed',
      period_from: '2026-04-01',
      period_to: '2026-04-01',
      evidence: [minutes],
    }
    await world.perform('evidence.attest', actActions['evidence.attest'], word, anna)
    expect((await ask('readiness.control', { id: 'GOV-03' })).components?.I.value).toBe(0)
    world.clock.advance(60_000)
    await decide(await givenDocument(world, 'new minutes'), { state: 'accepted' })
    expect(await slot()).toMatchObject({ state: 'fresh' })
    expect((await slot())?.evidence.map((e) => e.state)).toEqual(['accepted', 'rejected'])
    expect((await ask('readiness.control', { id: 'GOV-03' })).components?.I.value).toBe(1)
  })

  it('does not take a bare word that nothing occurred for an answer, but one that rests on evidence', async () => {
    goTo(world, '2026-04-12')
    const cells = async () => (await ask('readiness.control', { id: 'INC-02' })).cells.trimEnd()
    expect(await cells()).toMatch(/n$/)
    const nothing = {
      control: 'INC-02',
      statement: 'No incident was declared.',
      outcome: 'no_occurrence',
      period_from: '2026-01-01',
      period_to: '2026-04-11',
    }
    const anna = { ...world.actor(['control_owner']), id: 'usr_00000000000000000000000001' }
    await world.perform('evidence.attest', actActions['evidence.attest'], nothing, anna)
    expect(await cells()).toMatch(/n$/)
    await givenAttestation(world, 'INC-02', '2026-01-01', '2026-04-11', 'no_occurrence')
    expect(await cells()).toMatch(/^-+$/)
  })

  it('shows the past alike whenever it is asked: evidence that came late counts on the days it speaks about', async () => {
    goTo(world, '2026-04-14')
    const anna = { ...world.actor(['control_owner']), id: 'usr_00000000000000000000000001' }
    const { id } = await world.perform(
      'evidence.link',
      actActions['evidence.link'],
      {
        control: 'INC-02',
        slot: 'document-1',
        collection: await givenDocument(world, 'late register of incidents'),
        period_from: '2026-02-01',
        period_to: '2026-02-28',
      },
      anna,
    )
    const boris = { ...world.actor(['compliance_manager']), id: 'usr_other' }
    await world.perform('evidence.decide', actActions['evidence.decide'], { link: id, state: 'accepted' }, boris)
    const cells = async (at = {}) => (await ask('readiness.control', { id: 'INC-02' }, at)).cells
    const then = await cells({ asOf: '2026-03-10T12:00:00.000Z' })
    expect(then.slice(31, 59)).toBe('o'.repeat(28))
    expect((await cells()).slice(0, 69)).toBe(then.slice(0, 69))
    // As it was known then, nobody had seen it.
    expect((await cells({ asOf: '2026-03-10T12:00:00.000Z', knownAt: '2026-04-13T12:00:00.000Z' })).slice(31, 59)).toBe(
      '-'.repeat(28),
    )
  })

  it('counts the items of a control from its first day on, not those of before', async () => {
    goTo(world, '2026-04-16')
    const adoption = { controls: ['CHG-02'], effective_from: '2026-03-01', owner: 'usr_00000000000000000000000001' }
    await world.perform('controls.adopt', controlsActions['controls.adopt'], adoption, world.actor(['so_admin']))
    const landed = (on: string, reviewers: string[]) => change(on, { landed_at: `${on}T09:00:00.000Z`, reviewers })
    await givenReading(world, {
      kind: 'code-change',
      source: 'code',
      rows: [
        landed('2026-01-10', []),
        landed('2026-02-20', ['Grace <grace@example.org>']),
        landed('2026-03-01', ['Grace <grace@example.org>']),
        landed('2026-03-10', []),
      ],
    })
    const review = await ask('readiness.control', { id: 'CHG-02' })
    expect(review.cells.slice(0, 59)).toBe('.'.repeat(59))
    expect(review.components?.O).toMatchObject({ passed: 1, expected: 2 })
  })

  it('does not treat a reading of zero accounts after many as a pass', async () => {
    goTo(world, '2026-04-20')
    const many = Array.from({ length: 6 }, (_, i) => account(`u${i}`))
    await givenReading(world, { kind: 'user-account', source: 'identity', rows: many })
    goTo(world, '2026-04-28')
    await givenReading(world, { kind: 'user-account', source: 'identity', rows: [] })
    const mfa = await ask('readiness.control', { id: 'IAM-02' })
    expect(mfa.cells[mfa.cells.trimEnd().length - 1]).toBe('n')
    expect(mfa.components?.F.value).toBe(0)
  })
})
