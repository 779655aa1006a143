// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDisk, type Disk } from '../../features/ledger/disk.store.ts'
import { ledgerActions } from '../../features/ledger/ledger.actions.ts'
import { appendLeaves } from '../../features/ledger/ledger.store.ts'
import { openSequencer, type Sequencer, type SequencerOptions } from '../../features/ledger/sequencer.actions.ts'
import type { Step } from '../../features/ledger/sequencing.actions.ts'
import { Database } from '../../lib/db.ts'
import { createLogger } from '../../lib/log.ts'
import { leafHash } from '../../proof/hash.ts'
import { createWorld, type World } from '../world.ts'

let world: World
let appended = 0
const databases: Database[] = []

/** Each group begins with a log of its own, so that checking all of it after every test stays quick. */
function freshWorld(): void {
  beforeAll(async () => {
    world = await createWorld()
    appended = 0
  })
  afterAll(async () => {
    await Promise.all(databases.splice(0).map((database) => database.close()))
    await world.close()
  })
}

/** A sequencer as another process would have it: its own connections, its own memory. */
function another(options: Partial<SequencerOptions> = {}): Sequencer {
  const database = new Database(
    { ...world.connection('assay_sequencer'), max: 3 },
    { kek: Buffer.alloc(32, 7), movedClock: world.clock },
  )
  databases.push(database)
  return openSequencer({ database, dataDir: world.folder, log: createLogger({ level: 'silent' }), ...options })
}

async function append(count: number): Promise<void> {
  await world.tenant((tx) =>
    appendLeaves(
      tx,
      Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream: `s${i % 3}`, predicate: { i } })),
    ),
  )
  appended += count
}
const status = () => world.perform('ledger.status', ledgerActions['ledger.status'], {})

/** A fresh process takes over; then nothing is lost, nothing is there twice, and everything verifies. */
async function recovers(): Promise<void> {
  await another().tick()
  const report = await world.checkLedger()
  const { published, pending, frozen } = await status()
  expect({ size: report.size, pending, frozen, published: published?.size }).toEqual({
    size: appended + 3,
    pending: 0,
    frozen: null,
    published: appended + 3,
  })
}

class Killed extends Error {}

const STEPS: readonly Step[] = [
  'leaves inserted',
  'log moved',
  'tree verified',
  'tree committed',
  'growth proved',
  'tree remembered',
  'checkpoint saved',
  'checkpoint committed',
  'tiles published',
  'checkpoint published',
  'publication recorded',
]

describe('a sequencer that is killed at any step loses, doubles and contradicts nothing', () => {
  freshWorld()
  it.each(STEPS)('killed when "%s"', async (step) => {
    await append(257)
    const dying = another({
      at: (at) => {
        if (at === step) throw new Killed(step)
      },
    })
    await expect(dying.tick()).rejects.toBeInstanceOf(Killed)
    await append(5) // others go on recording meanwhile, and their records may come in between
    await recovers()
  })
})

describe('a sequencer whose disk fails at any write, before or after it happened', () => {
  freshWorld()
  /** A disk whose k-th operation fails. @param kept whether it was done nonetheless */
  const failing =
    (k: number, kept: boolean, count: { done: number }) =>
    (disk: Disk): Disk => {
      const guard = async (run: () => Promise<void>): Promise<void> => {
        const fails = count.done++ === k
        if (!fails || kept) await run()
        if (fails) throw new Killed(`operation ${k}`)
      }
      return {
        read: (path) => disk.read(path),
        keep: (path, bytes) => guard(() => disk.keep(path, bytes)),
        replace: (path, bytes) => guard(() => disk.replace(path, bytes)),
        drop: (path) => guard(() => disk.drop(path)),
        settle: () => guard(() => disk.settle()),
      }
    }

  it('recovers from each of them', async () => {
    for (let k = 0, more = true; more; k++)
      for (const kept of [false, true]) {
        await append(50)
        const count = { done: 0 }
        const outcome = await another({ disk: failing(k, kept, count) })
          .tick()
          .catch((error: unknown) => error)
        more = count.done > k
        if (more) expect(outcome).toBeInstanceOf(Killed)
        await recovers()
      }
  })

  it('ends the process when the disk does not confirm a write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-sync-'))
    const probe = await open(folder, 'r')
    const prototype = Object.getPrototypeOf(probe) as FileHandle
    await probe.close()
    const sync = vi.spyOn(prototype, 'sync').mockRejectedValue(new Error('EIO'))
    const ended: unknown[] = []
    const disk = openDisk(folder, (error) => {
      ended.push(error)
      throw error
    })
    await expect(disk.replace('checkpoint', Buffer.from('x'))).rejects.toThrow('EIO')
    sync.mockRestore()
    expect(ended).toHaveLength(1)
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true })
  })
})

describe('two implementations', () => {
  freshWorld()
  const flipping = (times: number) => {
    let left = times
    return (entry: Uint8Array): Uint8Array => {
      const hash = leafHash(entry)
      if (left-- > 0) hash[0]! ^= 1
      return hash
    }
  }

  it('a bit that flips in memory is caught before the commit, and the next round goes well', async () => {
    await recovers()
    await append(10)
    const sequencer = another({ hash: flipping(1) })
    expect(await sequencer.tick()).toBe(0)
    expect(sequencer.health().refused).toMatch(/two implementations disagree.*nothing was changed/)
    expect((await status()).pending).toBe(10)
    expect(await sequencer.tick()).toBe(10)
    expect(sequencer.health().refused).toBeUndefined()
    await recovers()
  })

  it('a machine that errs again and again closes the log instead of signing', async () => {
    await append(4)
    const sequencer = another({ hash: flipping(1000) })
    for (let round = 0; round < 3; round++) await sequencer.tick()
    expect((await status()).frozen).toMatch(/two implementations disagree/)
    expect(await another().tick()).toBe(0)
    await world.owner.query('update ledger_log set frozen = null')
    await recovers()
  })
})

describe('a sequencer that stood still while another took over (zombie)', () => {
  freshWorld()
  it.each(['leaves inserted', 'log moved', 'tree remembered', 'checkpoint saved', 'checkpoint published'] as const)(
    'wakes when "%s" and changes nothing',
    async (step) => {
      await append(257)
      let wake = (): void => undefined
      const asleep = new Promise<void>((done) => (wake = done))
      let stands = (): void => undefined
      const standing = new Promise<void>((done) => (stands = done))
      const zombie = another({
        at: async (at) => {
          if (at !== step) return
          stands()
          await asleep
        },
      })
      const slept = zombie.tick().catch((error: unknown) => error)
      await standing
      expect(await another().tick()).toBe(0) // the log is held: nobody waits for it, nobody takes it
      // The server ends the transaction of a client that says nothing; here at once instead of after fifteen seconds.
      await world.owner.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'assay_sequencer' and state = 'idle in transaction' and datname = current_database()",
      )
      await append(7)
      await another().tick()
      const before = readFileSync(join(world.folder, 'ledger', world.org, 'checkpoint'), 'utf8')
      wake()
      expect(await slept).toBeInstanceOf(Error)
      expect(readFileSync(join(world.folder, 'ledger', world.org, 'checkpoint'), 'utf8')).toBe(before)
      await recovers()
    },
  )
})

describe('many sequencers at once on one database and one folder', () => {
  freshWorld()
  it('keep one history', async () => {
    const many = Array.from({ length: 5 }, () => another())
    for (let round = 0; round < 6; round++) {
      await append(90)
      await Promise.all(many.map((sequencer) => sequencer.tick()))
    }
    await recovers()
  })
})
