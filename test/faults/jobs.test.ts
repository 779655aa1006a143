// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectionsActions } from '../../features/connections/connections.actions.ts'
import { syncJob } from '../../features/connections/sync.actions.ts'
import { perform } from '../../lib/action.ts'
import { startQueue, TRIES, type JobHandler, type Lane, type Queue } from '../../lib/jobs.ts'
import { createLogger } from '../../lib/log.ts'
import { GIT_LIMITS } from '../../lib/git-process.ts'
import { look, misbehave, QUICK, repository } from '../sources.ts'
import { createWorld, type World } from '../world.ts'

let world: World
let queue: Queue | undefined

beforeAll(async () => {
  world = await createWorld()
})
afterEach(async () => {
  await queue?.stop()
  queue = undefined
})
afterAll(() => world.close())

const open = async (lanes: Record<string, Partial<Lane>>, retrySeconds = 0): Promise<Queue> =>
  (queue = await startQueue({
    owner: world.connection('owner'),
    appRole: 'assay_app',
    lanes,
    log: createLogger({ level: 'silent' }),
    retrySeconds,
    lookSeconds: 0.5,
  }))

const give = (to: Queue, name: string, input: Record<string, unknown> = {}): Promise<void> =>
  world.tenant((tx) => to.enqueue(tx, name, input))

async function until(what: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  for (const end = performance.now() + ms; !(await what());) {
    if (performance.now() > end) throw new Error(`still not so after ${ms} ms: ${String(what)}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}
/** Whether a job of the name was parked; nobody waits for the pauses between its tries. */
async function isParked(q: Queue, name: string): Promise<boolean> {
  await world.owner.query(`update pgboss.job set start_after = now() where name = $1 and state = 'retry'`, [name])
  return (await q.parked(9)).some((job) => job.name === name)
}
const forEver: JobHandler = () => new Promise<void>(() => undefined)

describe('a job that cannot succeed', () => {
  test('is tried five times, parked with its error, and the next one of its kind is done', async () => {
    const q = await open({ poison: {} })
    let tries = 0
    let done = 0
    await give(q, 'poison', { bad: true })
    await give(q, 'poison')
    await q.work({
      poison: async ({ input }) => {
        if (input['bad'] !== true) return void done++
        tries++
        throw new Error('this file drives me mad')
      },
    })
    await until(() => isParked(q, 'poison'))
    expect(await q.parked(5)).toMatchObject([{ name: 'poison', org: world.org, because: 'this file drives me mad' }])
    expect({ tries, done }).toEqual({ tries: TRIES, done: 1 })
  })

  test('waits longer from try to try', async () => {
    const q = await open({ patient: {} }, 60)
    await give(q, 'patient')
    await q.work({ patient: () => Promise.reject(new Error('not now')) })
    const waits = async () =>
      (
        await world.owner.query<{ wait: number }>(
          `select extract(epoch from start_after - now())::float as wait from pgboss.job where name = 'patient' and state = 'retry'`,
        )
      ).rows.map(({ wait }) => wait)
    await until(async () => (await waits()).length === 1)
    const [first] = await waits()
    expect(first).toBeGreaterThan(20)
    await world.owner.query(`update pgboss.job set start_after = now(), retry_count = 2 where name = 'patient'`)
    await until(async () => (await waits()).some((wait) => wait > first! * 1.5))
  })

  test('that never ends is left behind when its time is over, and its place is free for the next', async () => {
    const q = await open({ endless: { seconds: 1 } })
    let done = 0
    await give(q, 'endless', { bad: true })
    await give(q, 'endless')
    await q.work({ endless: async (job) => (job.input['bad'] === true ? await forEver(job) : void done++) })
    await until(async () => (await isParked(q, 'endless')) && done === 1)
    expect((await q.parked(9)).find(({ name }) => name === 'endless')?.because).toMatch(/exceeded 1s/)
  })

  test('that takes more memory than its thread may have fails alone: the worker goes on', async () => {
    const q = await open({ greedy: {} })
    let done = 0
    await give(q, 'greedy', { bad: true })
    await give(q, 'greedy')
    const hoard = 'const all = []; for (;;) all.push(new Array(1e5).fill(1))'
    await q.work({
      greedy: ({ input }) =>
        new Promise<void>((ended, failed) => {
          if (input['bad'] !== true) return ended(void done++)
          const thread = new Worker(hoard, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } })
          thread.once('error', failed)
        }),
    })
    await until(async () => (await isParked(q, 'greedy')) && done === 1)
    expect((await q.parked(9)).find(({ name }) => name === 'greedy')?.because).toMatch(/memory limit/)
  })
})

describe('jobs of one name', () => {
  test('run side by side as many as their lane allows, and no more', async () => {
    const q = await open({ wide: { atOnce: 3 }, narrow: {} })
    let now = 0
    let most = 0
    for (let i = 0; i < 6; i++) await give(q, 'wide', { i })
    const ends: (() => void)[] = []
    await q.work({
      wide: async () => {
        most = Math.max(most, ++now)
        await new Promise<void>((end) => ends.push(end))
        now--
      },
    })
    await until(() => ends.length === 3)
    await new Promise((done) => setTimeout(done, 300))
    expect(ends.length).toBe(3)
    for (let ended = 0; ended < 6; ended++) {
      await until(() => ends.length > ended)
      ends[ended]!()
    }
    await until(() => now === 0)
    expect(most).toBe(3)
  })

  test('wait while the worker rests, and are done when it works again', async () => {
    const q = await open({ resting: {} })
    let done = 0
    const handlers = { resting: async () => void done++ }
    await q.work(handlers)
    await q.rest()
    await new Promise((over) => setTimeout(over, 300)) // a look that was under way may still take a job
    await give(q, 'resting')
    await new Promise((over) => setTimeout(over, 700))
    expect(done).toBe(0)
    await q.work(handlers)
    await until(() => done === 1)
  })

  test('that a clock set back left in the far future are done all the same', async () => {
    const q = await open({ later: {} })
    let done = 0
    await give(q, 'later')
    await world.owner.query(`update pgboss.job set start_after = now() + interval '1 year' where name = 'later'`)
    await world.owner.query(`update pgboss.queue set monitor_on = now() + interval '1 year'`)
    await q.work({ later: async () => void done++ })
    await new Promise((over) => setTimeout(over, 500))
    expect(done).toBe(0)
    await q.mendTimes()
    await until(() => done === 1)
    const { rows } = await world.owner.query(
      `select name from pgboss.queue where monitor_on > now() + interval '1 hour'`,
    )
    expect(rows).toEqual([])
  })
})

test('a source that hangs keeps nobody waiting: a repository and a database are read meanwhile', async () => {
  const mute = await misbehave(() => undefined)
  const repo = repository()
  repo.commit('First')
  const q = await open({ sync: { atOnce: 6 }, judge: {} })
  const services = { ...world, jobs: q }
  let connected = 0
  const make = async (connector: string, config: Record<string, unknown>): Promise<string> =>
    (
      await world.tenant((tx) =>
        perform(
          'connections.create',
          connectionsActions['connections.create'],
          {
            ...services,
            tx,
            actor: world.actor(['so_admin']),
            operations: [],
            now: tx.now,
            asOf: tx.now,
            knownAt: tx.now,
          },
          { connector, name: `A ${connector} ${++connected}`, config },
        ),
      )
    ).id
  const hanging = await make('git', { location: `git://127.0.0.1:${mute.port}/app.git` })
  const code = await make('git', { location: repo.path })
  const own = await make('postgresql', { server: 'own' })
  const patient = { ...QUICK, git: { ...GIT_LIMITS, command_ms: 60_000, fetch_ms: 60_000 } }
  await q.work({ sync: syncJob(services, patient) })
  const healths = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await look(world, id)).health))
  await until(async () => (await healths(code, own)).every((health) => health === 'ok'))
  expect(await healths(hanging)).not.toEqual(['ok'])
  await mute.close()
  repo.remove()
})
