// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Services } from '../../lib/services.ts'
import { fromUtf8 } from '../../proof/bytes.ts'
import { readWhole } from '../../proof/bundle-files.ts'
import { unpack } from '../../proof/testdata/unpack.ts'
import { openBundle, verifyBundle, type Verdict } from '../../proof/verify.ts'
import { startAuthority, type Authority } from '../../test/authority.ts'
import { device, givenReading } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { saveAttestation, saveLink } from '../evidence/acts.store.ts'
import { appendLeaf } from '../ledger/ledger.store.ts'
import { rotateKey } from '../ledger/rotation.store.ts'
import { stampLedger } from '../ledger/stamping.actions.ts'
import { reportsActions, reportsJobs } from './reports.actions.ts'
import { bundleFile } from './reports.store.ts'

let world: World
let authority: Authority
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-reports-'))
  authority = await startAuthority(join(folder, 'tsa'))
})
afterAll(async () => {
  await authority.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  world = await createWorld({ start: '2026-03-02T09:00:00.000Z' })
  return () => world.close()
})

const stamped = (): Services => ({
  ...world,
  config: {
    ...world.config,
    timestampAuthorities: [{ name: 'local', url: authority.url, caFile: authority.caFile }],
  },
})
const list = (input: object = {}) => world.perform('bundles.list', reportsActions['bundles.list'], input)
const get = (id: string) => world.perform('bundles.get', reportsActions['bundles.get'], { id })
const ask = async (input: object = {}): Promise<string> =>
  (await world.perform('bundles.export', reportsActions['bundles.export'], input)).id

/** Runs the job as the worker does. */
async function work(id: string, services: Services = world): Promise<void> {
  await reportsJobs.export(services)({
    org: world.org,
    actor: 'usr_test',
    input: { bundle_id: id },
    id: 'job',
    signal: new AbortController().signal,
  })
}

interface Opened {
  readonly bytes: Buffer
  readonly wrong: readonly Verdict[]
  readonly evidence: number
  readonly erased: number
  readonly stamps: number
  readonly names: readonly string[]
  file(name: string): Promise<Uint8Array>
  text(name: string): Promise<string>
}

async function opened(id: string): Promise<Opened> {
  const file = await world.tenant((tx) => bundleFile(tx, world.config.dataDir, id))
  const bytes = readFileSync(file!.path)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(file!.sha256)
  expect(bytes.length).toBe(file!.size_bytes)
  const files = await openBundle(bytes)
  const wrong: Verdict[] = []
  const summary = await verifyBundle(files, {}, (verdict) => void (verdict.ok || wrong.push(verdict)))
  return {
    bytes,
    wrong,
    evidence: summary.evidence,
    erased: summary.erased,
    stamps: summary.stamps.length,
    names: files.names,
    file: async (name) => await readWhole(files, name),
    text: async (name) => fromUtf8(await readWhole(files, name)),
  }
}

/** Publishes what there is, asks, works, and opens the bundle. */
async function exported(input: object = {}, services: Services = world): Promise<Opened> {
  await world.sequence()
  const id = await ask(input)
  await world.sequence()
  // What the job that was enqueued beside it does.
  if (services.config.timestampAuthorities.length > 0) await stampLedger(services, world.org)
  await work(id, services)
  expect(await get(id)).toMatchObject({ state: 'done', because: null })
  return await opened(id)
}

const devices = (more: object = {}) => givenReading(world, { kind: 'device', rows: [device('laptop-1')], ...more })

describe('a bundle', () => {
  it('holds all evidence and attestations, and both verifiers accept it', async () => {
    const reading = await devices()
    await world.tenant((tx) => saveLink(tx, { collection_id: reading, control_id: 'IAM-02', slot: 'report-1' }))
    const attestation = await world.tenant((tx) =>
      saveAttestation(
        tx,
        {
          control_id: 'GOV-03',
          statement: 'The board met and reviewed the programme.',
          outcome: 'performed',
          period_from: '2026-01-01',
          period_to: '2026-02-28',
          collection_ids: [],
        },
        [],
      ),
    )
    await world.sequence()
    await stampLedger(stamped(), world.org)
    await world.sequence()
    const bundle = await exported({}, stamped())
    expect(bundle.wrong).toEqual([])
    expect(bundle).toMatchObject({ evidence: 2, erased: 0 })
    expect(bundle.names).toContain(`data/evidence/GOV-03/${attestation}/manifest.dsse.json`)
    const raw = bundle.names.find((name) => name.includes(`/${reading}/files/`))!
    expect(JSON.parse(await bundle.text(raw))).toEqual([device('laptop-1')])
    const to = join(folder, 'unpacked')
    await unpack(bundle.bytes, to)
    const script = fileURLToPath(new URL('../../proof/VERIFY.sh', import.meta.url))
    const said = spawnSync('bash', [script, to, '--tsa', authority.caFile], { encoding: 'utf8' })
    rmSync(to, { recursive: true })
    expect(said.status, said.stdout).toBe(0)
    expect(said.stdout).toContain('VERIFIED: 2 items of evidence')
    expect(said.stdout).toMatch(/[1-9] time-stamps hold/)
    await world.checkLedger()
  })

  it('is recorded in the ledger with the SHA-256 of its very bytes, and who took it is audited', async () => {
    await devices()
    await world.sequence()
    const id = await ask()
    await work(id)
    const row = await get(id)
    const bundle = await opened(id)
    expect(row).toMatchObject({ state: 'done', records: 1, size_bytes: bundle.bytes.length })
    const { rows } = await world.owner.query<{ envelope: Buffer }>(
      'select envelope from ledger_manifest where kind = $1 and sha256 = $2',
      ['export', row.manifest],
    )
    const { payload } = JSON.parse(rows[0]!.envelope.toString()) as { payload: string }
    expect(Buffer.from(payload, 'base64').toString()).toContain(row.sha256)
    const audited = await world.owner.query<{ event: string }>(
      'select event from audit_event where subject = $1 order by 1',
      [id],
    )
    expect(audited.rows.map(({ event }) => event)).toEqual(['bundle.exported', 'bundle.requested'])
    expect((await list()).rows.map((one) => one.id)).toEqual([id])
  })

  it('puts a reading under the controls that its checks speak for, and unassigned when none does', async () => {
    const judged = await devices()
    const unjudged = await givenReading(world, { kind: 'device', rows: [], source: 'another' }, { judge: false })
    const bundle = await exported()
    expect(bundle.wrong).toEqual([])
    const at = bundle.names.find((name) => name.endsWith(`/${judged}/leaf.json`))!
    expect(at).toMatch(/^data\/evidence\/[A-Z]{3}-\d\d\//)
    expect(bundle.names).toContain(`data/evidence/unassigned/${unjudged}/leaf.json`)
  })

  it('is about what was chosen: controls, readings, days', async () => {
    const early = await devices({ at: '2026-01-10T12:00:00.000Z', source: 'january' })
    const late = await devices({ at: '2026-02-10T12:00:00.000Z', source: 'february' })
    await world.tenant((tx) => saveLink(tx, { collection_id: late, control_id: 'GOV-03', slot: 'document-1' }))
    const holds = async (input: object): Promise<string[]> => {
      const { names, wrong } = await exported(input)
      expect(wrong).toEqual([])
      return names.flatMap((name) => /^data\/evidence\/[^/]+\/([^/]+)\/leaf\.json$/.exec(name)?.[1] ?? []).toSorted()
    }
    expect(await holds({})).toEqual([early, late].toSorted())
    expect(await holds({ controls: ['GOV-03'] })).toEqual([late])
    expect(await holds({ collections: [early] })).toEqual([early])
    expect(await holds({ from: '2026-02-01' })).toEqual([late])
    expect(await holds({ to: '2026-01-10' })).toEqual([early])
    expect(await holds({ from: '2026-01-10', to: '2026-02-10' })).toEqual([early, late].toSorted())
  })

  it('covers everything that was recorded before it was asked for, published or not', async () => {
    await devices()
    await world.sequence()
    const last = await devices({ source: 'another' })
    const id = await ask()
    const done = work(id)
    await world.sequence()
    await done
    const bundle = await opened(id)
    expect(bundle.names.some((name) => name.includes(`/${last}/`))).toBe(true)
  })

  it('tells what must not be overlooked', async () => {
    await devices({ at: '2026-02-20T12:00:00.000Z', outcome: 'partial', why: 'page 2 did not come', source: 'slow' })
    const bundle = await exported()
    const lines = await bundle.text('data/exceptions.csv')
    expect(lines).toContain('page 2 did not come')
    expect(lines).toContain('long after it was observed')
    expect(lines).toContain('no authority has vouched for it yet')
    expect(await bundle.text('data/index.csv')).toContain('slow')
  })

  it('names nothing that a spreadsheet would run', async () => {
    await devices({ source: '=HYPERLINK("http://evil.example")' })
    const bundle = await exported()
    expect(await bundle.text('data/index.csv')).toContain(`"'=HYPERLINK(""http://evil.example"")"`)
    expect(await bundle.text('data/index.html')).not.toContain('"http://evil.example"')
  })
})

describe('time-stamps', () => {
  it('are inside, with the root that they rest on and the proof that the log continues each', async () => {
    await devices()
    await world.sequence()
    await stampLedger(stamped(), world.org)
    world.clock.advance(3_600_000)
    await devices({ source: 'later' })
    await world.sequence()
    await stampLedger(stamped(), world.org)
    const bundle = await exported({}, stamped())
    expect(bundle.wrong).toEqual([])
    expect(bundle.stamps).toBe(3)
    expect(bundle.names).toContain('data/trust/tsa/local.pem')
    expect((await bundle.text('data/index.csv')).split('\n')[1]).toMatch(/20\d\d-\d\d-\d\dT/)
  })

  it('of an authority whose root is no longer known are left out, and the bundle says so', async () => {
    await devices()
    await world.sequence()
    await stampLedger(stamped(), world.org)
    const bundle = await exported({})
    expect(bundle.wrong).toEqual([])
    expect(bundle.stamps).toBe(0)
    expect(await bundle.text('data/exceptions.csv')).toContain('local')
  })
})

describe('records that are not whole', () => {
  const erase = async (id: string): Promise<void> => {
    const { rows } = await world.owner.query<{ manifest: string }>('select manifest from collection where id = $1', [
      id,
    ])
    const { manifest } = await world.tenant((tx) =>
      appendLeaf(tx, {
        kind: 'erasure',
        stream: 'erasures',
        predicate: { target: `sha256:${rows[0]!.manifest}`, reason: 'asked for by the person' },
      }),
    )
    await world.owner.query(
      'update ledger_manifest set envelope = null, sealed_key = null, erased_by = $2 where sha256 = $1',
      [rows[0]!.manifest, manifest],
    )
  }

  it('that were erased are there with the leaf that says so', async () => {
    await devices()
    const gone = await devices({ source: 'another' })
    await erase(gone)
    const bundle = await exported()
    expect(bundle.wrong).toEqual([])
    expect(bundle).toMatchObject({ evidence: 2, erased: 1 })
    expect(await bundle.text('data/exceptions.csv')).toContain('erased')
  })

  it('of which a file was damaged on disk refuse the bundle, and say which', async () => {
    const id = await devices()
    await world.sequence()
    const { rows } = await world.owner.query<{ blob: string }>('select blob from capture where collection_id = $1', [
      id,
    ])
    const kept = (world.blobs as unknown as { kept: Map<string, Buffer> }).kept
    kept.set(`${world.org}/${rows[0]!.blob}`, Buffer.from('damaged'))
    const bundle = await ask()
    await world.sequence()
    await work(bundle)
    expect(await get(bundle)).toMatchObject({
      state: 'failed',
      because: expect.stringMatching(new RegExp(`^evidence ${id}, rows.json: expected stored bytes`)) as string,
    })
    expect(await world.tenant((tx) => bundleFile(tx, world.config.dataDir, bundle))).toBeUndefined()
  })
})

describe('files that are too large to hold', () => {
  const random = randomBytes(2_500_000)
  const text = Buffer.from('the same line again and again\n'.repeat(100_000))

  it('come into the bundle byte for byte, whether they could be made smaller or not', async () => {
    const id = await devices({ files: { 'random.bin': random, 'text.log': text } })
    const bundle = await exported()
    expect(bundle.wrong).toEqual([])
    const inside = (name: string) => bundle.names.find((path) => path.endsWith(`/${id}/files/${name}`))!
    expect(random.equals(await bundle.file(inside('1-random.bin')))).toBe(true)
    expect(text.equals(await bundle.file(inside('2-text.log')))).toBe(true)
  })

  it('refuse the bundle when they are damaged or taken for another, and leave nothing behind', async () => {
    const id = await devices({ files: { 'one.bin': random, 'other.bin': random.subarray(1) } })
    await world.sequence()
    const { rows } = await world.owner.query<{ blob: string }>(
      'select blob from capture where collection_id = $1 order by n',
      [id],
    )
    const kept = (world.blobs as unknown as { kept: Map<string, Buffer> }).kept
    const [, one, other] = rows.map(({ blob }) => `${world.org}/${blob}`) as [string, string, string]
    const sealed = kept.get(one)!
    const flipped = Buffer.from(sealed)
    flipped[flipped.length - 1]! ^= 1
    for (const [bytes, because] of [
      [flipped, 'stored bytes do not open with their key'],
      [sealed.subarray(0, -16_400), 'stored bytes do not open with their key'],
      [kept.get(other)!, 'expected bytes with SHA-256'],
    ] as const) {
      kept.set(one, bytes)
      const bundle = await ask()
      await world.sequence()
      await work(bundle)
      expect(await get(bundle)).toMatchObject({
        state: 'failed',
        because: expect.stringMatching(new RegExp(`^evidence ${id}, one.bin: ${because}`)) as string,
      })
    }
    const folders = readdirSync(world.config.dataDir, { recursive: true, encoding: 'utf8' })
    expect(folders.filter((name) => name.endsWith('.zip') || name.endsWith('.part'))).toEqual([])
  })
})

describe('keys', () => {
  it('that were replaced are all in the bundle, and the seal is by one that its log announces', async () => {
    await devices()
    await world.tenant((tx) => rotateKey(tx, 'collector'))
    await world.tenant((tx) => rotateKey(tx, 'log'))
    await world.sequence()
    await devices({ source: 'after' })
    const bundle = await exported()
    expect(bundle.wrong).toEqual([])
    expect(bundle.names.filter((name) => name.startsWith('data/trust/collectors/'))).toHaveLength(2)
    expect((await bundle.text('data/trust/log.vkey')).trim().split('\n')).toHaveLength(2)
  })

  it('that wait for their entry do not seal', async () => {
    await devices()
    await world.sequence()
    const id = await ask()
    await world.sequence()
    await world.tenant((tx) => rotateKey(tx, 'collector'))
    await work(id)
    expect((await opened(id)).wrong).toEqual([])
  })
})

describe('asking and working', () => {
  it('refuses what nobody has, and days in the wrong order', async () => {
    await expect(ask({ controls: ['XXX-99'] })).rejects.toMatchObject({ code: 'UNKNOWN_CONTROL' })
    await expect(ask({ from: '2026-02-01', to: '2026-01-01' })).rejects.toMatchObject({
      code: 'PERIOD_ENDS_BEFORE_START',
    })
    // The day after the last of all days would be none that a database knows: the work would fail, again and again.
    await expect(ask({ to: '9999-12-31' })).rejects.toMatchObject({ code: 'INVALID_INPUT', pointer: '/to' })
    await expect(get('bdl_nothing')).rejects.toMatchObject({ code: 'UNKNOWN_BUNDLE' })
  })

  it('makes nothing of nothing', async () => {
    await world.sequence()
    const id = await ask()
    await world.sequence()
    await work(id)
    expect(await get(id)).toMatchObject({ state: 'failed', because: expect.stringContaining('no') as string })
  })

  it('done twice, makes one bundle and one leaf', async () => {
    await devices()
    await world.sequence()
    const id = await ask()
    await world.sequence()
    await work(id)
    const first = await get(id)
    await work(id)
    expect(await get(id)).toEqual(first)
    const { rows } = await world.owner.query('select 1 from ledger_manifest where kind = $1', ['export'])
    expect(rows).toHaveLength(1)
  })

  it('after a fault of the machine says so, leaves nothing lying around, and may be done again', async () => {
    await devices()
    await world.sequence()
    const id = await ask()
    await world.sequence()
    const broken: Services = {
      ...world,
      blobs: { ...world.blobs, get: () => Promise.reject(new RangeError('a cable')) },
    }
    await expect(work(id, broken)).rejects.toThrow('a cable')
    expect(await get(id)).toMatchObject({ state: 'failed' })
    expect(readdirSync(join(world.config.dataDir, 'bundles', world.org))).toEqual([])
    await work(id)
    expect(await get(id)).toMatchObject({ state: 'done', because: null })
  })

  it('is a job of its own, written in the transaction of the asking', async () => {
    await devices()
    await world.sequence()
    const id = await ask()
    expect(world.jobs.waiting.filter(({ name }) => name === 'export').map(({ data }) => data.input)).toEqual([
      { bundle_id: id },
    ])
  })
})
