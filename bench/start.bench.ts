// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '../lib/log.ts'
import { startPostgres } from '../lib/postgres.ts'

/*
 * W8: from `npm start` to the first page, by the real command and real processes, against what no server can avoid: a
 * Node that does nothing, and PostgreSQL on the same machine. Then what the idle server holds, and what is installed.
 */

const MB = 1_000_000
const PAIRS = Number(process.env['ASSAY_BENCH_PAIRS'] ?? 5)
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'assay-start-'))
const log = createLogger({ level: 'error' })

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

let failed = false
function row(what: string, measured: string, ratio: string, goal: string, holds: boolean): void {
  failed ||= !holds
  console.log(
    `${what.padEnd(52)} ${measured.padStart(10)} ${ratio.padStart(7)}   ${goal.padEnd(40)} ${holds ? 'ok' : 'MISSED'}`,
  )
}

async function milliseconds(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

interface Running {
  readonly child: ChildProcess
  /** From the command to the last byte of the first page. */
  readonly ms: number
}

/** A port that nobody has, nor, most likely, the one after it. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

/** Starts the server as a person does and fetches the first page as soon as it says its address. */
async function start(data: string): Promise<Running> {
  const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('ASSAY_'))
  const env = { ...Object.fromEntries(settings), ASSAY_DATA: data, PORT: String(await freePort()) }
  const started = performance.now()
  const child = spawn(process.execPath, [join(root, 'bin', 'start.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const address = await new Promise<string>((said, ended) => {
    let text = ''
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString()
      const [, url] = /ready at (http\S+)/.exec(text) ?? []
      if (url) said(url)
    })
    child.once('exit', (code) => ended(new Error(`the server ended with ${code} before it was ready`)))
  })
  const page = await fetch(address)
  if (!page.ok || !(await page.text()).includes('<html')) throw new Error(`the first page is none: ${page.status}`)
  return { child, ms: performance.now() - started }
}

async function stop({ child }: Running): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  await gone
}

const bareNode = (): Promise<number> => milliseconds(() => spawnSync(process.execPath, ['-e', '0']))

/** PostgreSQL alone on a folder, which it makes when there is none. */
async function barePostgres(data: string): Promise<number> {
  const started = performance.now()
  const server = await startPostgres({ dataDir: data, log })
  const took = performance.now() - started
  await server.stop()
  return took
}

/** Proportional memory of a process and all below it, in bytes (Linux). */
function memoryOf(pid: number): number {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = textOf(`/proc/${name}/stat`)
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
  }
  const isBelow = (one: number | undefined): boolean => one === pid || (!!one && isBelow(parents.get(one)))
  return [...parents.keys()]
    .filter(isBelow)
    .reduce(
      (sum, one) => sum + Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${one}/smaps_rollup`))?.[1] ?? 0) * 1024,
      0,
    )
}

/** A file of /proc, or nothing when its process has ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return ''
    throw error
  }
}

/** What the packages that a server needs take on disk, unpacked. Development packages are not among them. */
function installedBytes(is: (path: string) => boolean): number {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; link?: boolean }>
  }
  const sizeOf = (path: string): number =>
    readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => {
      const inside = join(path, entry.name)
      if (entry.isDirectory()) return entry.name === 'node_modules' ? sum : sum + sizeOf(inside)
      return entry.isFile() ? sum + statSync(inside).size : sum
    }, 0)
  return Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link && is(path))
    .filter(([path]) => existsSync(join(root, path)))
    .reduce((sum, [path]) => sum + sizeOf(join(root, path)), 0)
}

const IDLE_MS = 8000

try {
  // The pages are built and the code is compiled once, as by the first start after an install.
  await stop(await start(join(folder, 'warm')))
  const pairs: { ours: number; node: number; postgres: number; first: number; made: number }[] = []
  await barePostgres(join(folder, 'postgres'))
  for (let pair = 0; pair < PAIRS; pair++) {
    const ours = await start(join(folder, 'warm'))
    await stop(ours)
    const node = await bareNode()
    const postgres = await barePostgres(join(folder, 'postgres'))
    const first = await start(join(folder, `first-${pair}`))
    await stop(first)
    const made = await barePostgres(join(folder, `bare-${pair}`))
    pairs.push({ ours: ours.ms, node, postgres, first: first.ms, made })
  }
  const of = (pick: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(pick))
  const show = (ms: number): string => `${Math.round(ms)} ms`
  const again = of(({ ours, node, postgres }) => ours / (node + postgres))
  // What PostgreSQL takes on a new folder beyond what it takes on an old one is initdb.
  const first = of(({ first: boot, made, postgres }) => boot / Math.max(1, made - postgres))
  console.log(`Medians of ${PAIRS} pairs, run in turn.\n`)
  row('node -e 0', show(of(({ node }) => node)), '', '', true)
  row('PostgreSQL alone, existing data', show(of(({ postgres }) => postgres)), '', '', true)
  row('initdb', show(of(({ made, postgres }) => made - postgres)), '', '', true)
  const ready = of(({ ours }) => ours)
  row('start to first page', show(ready), `${again.toFixed(1)}x`, '<= 3x Node and PostgreSQL (W8.a)', again <= 3)
  row('the same', show(ready), '', '<= 2000 ms', ready <= 2000)
  row('first start ever', show(of((pair) => pair.first)), `${first.toFixed(1)}x`, '<= 2x initdb (W8.a)', first <= 2)
  if (process.platform === 'linux') {
    const idle = await start(join(folder, 'warm'))
    await new Promise((done) => setTimeout(done, IDLE_MS))
    const held = memoryOf(idle.child.pid ?? 0)
    await stop(idle)
    row('idle, all processes, proportional', `${Math.round(held / MB)} MB`, '', '<= 160 MB (W8.b)', held <= 160 * MB)
  }
  const installed = installedBytes(() => true)
  const without = installedBytes((path) => !path.startsWith('node_modules/node-'))
  row('packages a server needs, without the Node among them', `${Math.round(without / MB)} MB`, '', '', true)
  row(
    'packages a server needs, with it, unpacked',
    `${Math.round(installed / MB)} MB`,
    '',
    '<= 250 MB (W8.b)',
    installed <= 250 * MB,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
