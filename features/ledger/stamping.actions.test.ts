// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TimestampAuthority } from '../../lib/config.ts'
import { Database } from '../../lib/db.ts'
import type { Services } from '../../lib/services.ts'
import { send, startAuthority, type Authority } from '../../test/authority.ts'
import { createWorld, type World } from '../../test/world.ts'
import { ledgerActions } from './ledger.actions.ts'
import { appendLeaf } from './ledger.store.ts'
import { askAuthority, openStamper, stampJob, stampLedger, type StampResult } from './stamping.actions.ts'

let world: World
let authority: Authority
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-tsa-'))
  world = await createWorld()
  authority = await startAuthority(folder)
})
afterAll(async () => {
  await authority.close()
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => authority.answer((request, response) => send(response, authority.reply(request))))

const named = (): TimestampAuthority => ({ name: 'local', url: authority.url, caFile: authority.caFile })
const services = (authorities: TimestampAuthority[] = [named()]): Services => ({
  ...world,
  config: { ...world.config, timestampAuthorities: authorities },
})
const record = (says: string): Promise<string> =>
  world.tenant(async (tx) => (await appendLeaf(tx, { kind: 'state', stream: 'test', predicate: { says } })).manifest)
const proof = (manifest: string) => world.perform('ledger.proof', ledgerActions['ledger.proof'], { manifest })
/** Records something new, publishes it and asks for a time-stamp. */
const stampNews = async (): Promise<StampResult[]> => {
  await record('news')
  await world.sequence()
  return await stampLedger(services(), world.org)
}
const refusal = async (): Promise<string | undefined> => (await stampNews())[0]?.refused

describe('a time-stamp', () => {
  it('covers what was published, closes its interval, and is accepted by openssl', async () => {
    const manifest = await record('to be stamped')
    await world.sequence()
    expect(await stampLedger(services(), world.org)).toEqual([{ authority: 'local', size: 4 }])
    const { receipt, timestamps, inclusion } = await proof(manifest)
    expect(receipt.state).toBe('timestamped')
    expect(receipt.proven.before).toBe(timestamps[0]?.gen_time)
    writeFileSync(join(folder, 'checkpoint'), inclusion!.checkpoint)
    const file = join(world.folder, 'ledger', world.org, 'tsr/4.local.tsr')
    const said = execFileSync(
      'openssl',
      ['ts', '-verify', '-data', join(folder, 'checkpoint'), '-in', file, '-CAfile', authority.caFile],
      { stdio: 'pipe' },
    )
    expect(said.toString()).toContain('Verification: OK')
  })

  it('has a leaf of its own that names the token by its SHA-256', async () => {
    const { rows } = await world.perform('ledger.leaves', ledgerActions['ledger.leaves'], { kind: 'tsr' })
    const { statement } = await proof(rows[0]!.manifest)
    const token = readFileSync(join(world.folder, 'ledger', world.org, 'tsr/4.local.tsr'))
    expect(statement?.payload).toMatchObject({
      subject: [{ name: '4.local.tsr', digest: { sha256: hash('sha256', token, 'hex') } }],
    })
  })

  it('opens the interval of what is recorded after its own leaf was published', async () => {
    await world.sequence()
    const stamped = (await world.perform('ledger.status', ledgerActions['ledger.status'], {})).last_timestamp
    const manifest = await record('younger than the time-stamp')
    expect((await proof(manifest)).receipt.proven).toEqual({ after: stamped?.gen_time, before: null })
  })

  it('is asked for once per checkpoint, and again only when an hour has passed', async () => {
    await stampNews()
    const sequencer = new Database(world.connection('assay_sequencer'), { kek: Buffer.alloc(32, 7) })
    const asked = authority.asked
    const clock = (): Date => new Date(at)
    let at = Date.now()
    const stamper = openStamper({ ...services(), clock }, sequencer)
    await record('more')
    await world.sequence()
    expect(await stamper.tick()).toEqual([])
    at += 61 * 60_000
    expect(await stamper.tick()).toHaveLength(1)
    expect(authority.asked).toBe(asked + 1)
    await sequencer.close()
  })

  it('can be asked for by a person and is fetched in the background', async () => {
    await record('stamp this now')
    const who = world.actor(['so_admin'])
    await expect(world.perform('ledger.stamp', ledgerActions['ledger.stamp'], {}, who)).rejects.toMatchObject({
      code: 'NO_AUTHORITY',
    })
    const { size, pending } = await world.perform('ledger.status', ledgerActions['ledger.status'], {})
    const wanted = size + pending
    await world.sequence()
    const signal = new AbortController().signal
    await stampJob(services())({ id: 'job', org: world.org, actor: 'usr_test', input: { size: wanted }, signal })
    const after = await world.perform('ledger.status', ledgerActions['ledger.status'], {})
    expect(after.last_timestamp?.size).toBe(wanted)
  })
})

describe('an authority that is not to be believed is refused, and records go on', () => {
  afterEach(async () => {
    // Whatever the authority did, the record is in the signed and published log and lacks only its time-stamp.
    const { rows } = await world.perform('ledger.leaves', ledgerActions['ledger.leaves'], { kind: 'state', limit: 1 })
    expect(rows[0]?.state).toBe('published')
  })

  it('when its token answers another request (nonce)', async () => {
    authority.answer(async (request, response) =>
      send(response, await authority.forge(request, { nonce: Buffer.from('0102030405', 'hex') })),
    )
    expect(await refusal()).toMatch(/nonce/)
  })

  it('when it replays an earlier token', async () => {
    let earlier: Buffer | undefined
    authority.answer((request, response) => {
      earlier ??= authority.reply(request)
      send(response, authority.reply(request))
    })
    await stampNews()
    authority.answer((_request, response) => send(response, earlier!))
    expect(await refusal()).toMatch(/for other bytes/)
    await record('leave the state unstamped')
    await world.sequence()
  })

  it('when its token is for other bytes (imprint)', async () => {
    authority.answer(async (request, response) =>
      send(response, await authority.forge(request, { imprint: Buffer.alloc(32, 1) })),
    )
    expect(await refusal()).toMatch(/for other bytes/)
  })

  it('when its certificate is not for time-stamping alone', async () => {
    authority.answer(async (request, response) =>
      send(response, await authority.forge(request, { signer: 'not-for-stamps' })),
    )
    expect(await refusal()).toMatch(/not one for time-stamping alone/)
  })

  it('when its certificate had expired at the moment it states', async () => {
    authority.answer(async (request, response) => send(response, await authority.forge(request, { signer: 'expired' })))
    expect(await refusal()).toMatch(/certificate/i)
  })

  it('when its root is none that we trust', async () => {
    const other = await startAuthority(join(folder, 'other'))
    await record('news')
    await world.sequence()
    const [result] = await stampLedger(services([{ ...named(), url: other.url }]), world.org)
    expect(result?.refused).toMatch(/certificate/i)
    await other.close()
  })

  it('when its time runs backwards', async () => {
    authority.answer(async (request, response) =>
      send(response, await authority.forge(request, { at: new Date('2020-06-01T00:00:00Z') })),
    )
    expect(await refusal()).toMatch(/said .* before/)
  })

  it('when a bit of its token is flipped', async () => {
    authority.answer((request, response) => {
      const reply = authority.reply(request)
      reply[reply.length - 5]! ^= 1
      send(response, reply)
    })
    expect(await refusal()).toBeDefined()
  })

  it('when it sends ten megabytes', async () => {
    authority.answer((_request, response) => send(response, Buffer.alloc(10_000_000)))
    expect(await refusal()).toMatch(/more than 65536 bytes/)
  })

  it('when it sends something that is no token', async () => {
    authority.answer((_request, response) => send(response, Buffer.from('<html>busy</html>')))
    expect(await refusal()).toMatch(/expected a time-stamp response/)
  })

  it('when it sends us elsewhere', async () => {
    authority.answer((_request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()
    })
    expect(await refusal()).toMatch(/gives no answer/)
  })

  it('when it answers with an error', async () => {
    authority.answer((_request, response) => {
      response.writeHead(500).end()
    })
    expect(await refusal()).toMatch(/HTTP status 500/)
  })

  it('when it says nothing', async () => {
    authority.answer(() => undefined)
    await expect(askAuthority(named(), Buffer.from('x'), 200)).rejects.toThrow(/silence for 0.2 s/)
  })

  it('when it is down', async () => {
    await record('news')
    await world.sequence()
    const [result] = await stampLedger(services([{ ...named(), url: 'http://127.0.0.1:9/' }]), world.org)
    expect(result?.refused).toMatch(/gives no answer/)
  })
})
