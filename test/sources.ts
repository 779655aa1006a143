// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionsActions as actions } from '../features/connections/connections.actions.ts'
import { syncJob } from '../features/connections/sync.actions.ts'
import type { Runtime } from '../features/connections/sources.actions.ts'
import { GIT_LIMITS } from '../lib/git-process.ts'
import { SQL_LIMITS } from '../lib/postgres-reader.ts'
import type { World } from './world.ts'

export interface Somebody {
  readonly name: string
  readonly email: string
}
export const ADA: Somebody = { name: 'Ada Adams', email: 'ada@example.com' }
export const BEN: Somebody = { name: 'Ben Brown', email: 'ben@example.com' }
export const FORGE: Somebody = { name: 'GitHub', email: 'noreply@github.com' }

export interface CommitOptions {
  readonly by?: Somebody
  readonly committer?: Somebody
  readonly at?: string
  readonly file?: string
  readonly text?: string
  readonly sign?: string
}

/** A real repository in a temporary folder, with people and dates of the test's choosing. */
export interface Repository {
  readonly path: string
  git(...args: string[]): string
  commit(message: string, options?: CommitOptions): string
  /** Many empty commits on main at once. */
  many(n: number): void
  /** Commits on a branch of its own and merges it. @returns the merge */
  merge(branch: string, message: string, change: CommitOptions, merger: CommitOptions): string
  remove(): void
}

export function repository(...initArgs: string[]): Repository {
  const path = mkdtempSync(join(tmpdir(), 'assay-repository-'))
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): string =>
    execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], {
      cwd: path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: path, GIT_CONFIG_NOSYSTEM: '1', ...env },
    }).trim()
  run(['init', '--quiet', ...initArgs])
  const identity = ({ by = ADA, committer = by, at = '2026-03-01T10:00:00Z' }: CommitOptions): NodeJS.ProcessEnv => ({
    GIT_AUTHOR_NAME: by.name,
    GIT_AUTHOR_EMAIL: by.email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: at,
  })
  const signing = (key: string | undefined): string[] =>
    key === undefined ? [] : ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${key}`]
  const commit = (message: string, options: CommitOptions = {}): string => {
    writeFileSync(join(path, options.file ?? 'file.txt'), options.text ?? `${message}\n`)
    run(['add', '--all'])
    const sign = options.sign === undefined ? [] : ['-S']
    run([...signing(options.sign), 'commit', '--quiet', '--allow-empty', ...sign, '-m', message], identity(options))
    return run(['rev-parse', 'HEAD'])
  }
  return {
    path,
    git: (...args) => run(args),
    commit,
    merge(branch, message, change, merger) {
      const main = run(['symbolic-ref', '--short', 'HEAD'])
      run(['checkout', '--quiet', '-b', branch])
      commit(`Work on ${branch}`, { file: `${branch}.txt`, ...change })
      run(['checkout', '--quiet', main])
      run(['merge', '--quiet', '--no-ff', '-m', message, branch], identity(merger))
      return run(['rev-parse', 'HEAD'])
    },
    many(n) {
      const who = `${ADA.name} <${ADA.email}> 1772359200 +0000`
      const commits = Array.from({ length: n }, (_, i) => {
        const message = `Change ${i}`
        return `commit refs/heads/main\ncommitter ${who}\ndata ${message.length}\n${message}\n`
      })
      execFileSync('git', ['fast-import', '--quiet'], { cwd: path, input: commits.join('\n') })
      run(['reset', '--quiet', '--hard', 'main'])
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Limits small enough that a test does not wait. */
export const QUICK: Runtime = {
  pauses: [],
  git: { ...GIT_LIMITS, command_ms: 8000, fetch_ms: 8000 },
  sql: { ...SQL_LIMITS, connect_ms: 1500, statement_ms: 1500 },
}

/** Runs the jobs `sync` that wait, as a worker would, until none is left. */
export async function work(world: World, runtime: Runtime = QUICK): Promise<void> {
  const job = syncJob(world, runtime)
  for (;;) {
    const at = world.jobs.waiting.findIndex(({ name }) => name === 'sync')
    if (at === -1) return
    const [next] = world.jobs.waiting.splice(at, 1)
    if (next) await job({ ...next.data, id: 'job', signal: new AbortController().signal })
  }
}

export interface Connecting {
  readonly connector: 'git' | 'postgresql'
  readonly config: Record<string, unknown>
  readonly secrets?: Record<string, string>
  readonly name?: string
}

let connected = 0

/** Connects a system through the operation, and lets its look and its first run end. */
export async function connect(world: World, connecting: Connecting, runtime: Runtime = QUICK): Promise<string> {
  const { id } = await world.perform('connections.create', actions['connections.create'], {
    name: `Connection ${++connected}`,
    ...connecting,
  })
  await work(world, runtime)
  return id
}

export const look = (world: World, id: string) => world.perform('connections.get', actions['connections.get'], { id })

/** Reads again; the clock moves on an hour first, as two readings are never of one moment. */
export async function runAgain(world: World, id: string, runtime: Runtime = QUICK) {
  world.clock.advance(3_600_000)
  await world.perform('connections.run', actions['connections.run'], { id })
  await work(world, runtime)
  return await look(world, id)
}

/** The newest result of each stream, by name. */
export function resultsOf(connection: Awaited<ReturnType<typeof look>>) {
  return Object.fromEntries(
    connection.streams.map((stream) => {
      if (!stream.newest) throw new Error(`nothing of ${stream.name} was read`)
      return [stream.name, stream.newest]
    }),
  )
}

/** A server that treats every visitor the same way. */
export async function misbehave(how: (socket: Socket) => void): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    how(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
