// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A PostgreSQL as the operating system ships it: somebody's own server, not ours. */
export interface PostgresServer {
  /** Folder of the socket, on which everybody is trusted, as `postgres` first of all. */
  readonly host: string
  readonly port: number
  /** Where a role logs in over TCP with its password. */
  url(role: string, password: string, database: string): string
  /** Runs one of the server's own programs (psql, pg_dump) against it. @throws when it fails, with what it said */
  program(name: string, ...args: string[]): string
  stop(): Promise<void>
}

export const DEBIAN_15 = '/usr/lib/postgresql/15/bin'
const NOBODY = 65534
const START_MS = 30_000

/**
 * Starts a server of its own on a new folder. Root becomes nobody first, as PostgreSQL wants it.
 * @param options.bin folder of the programs @param options.locale arguments of initdb
 * @throws when there is no such PostgreSQL
 */
export async function startPostgresServer(
  options: { readonly bin?: string; readonly superuser?: string; readonly locale?: readonly string[] } = {},
): Promise<PostgresServer> {
  const { bin = DEBIAN_15, superuser = 'postgres', locale = ['--locale=C.UTF-8'] } = options
  if (!existsSync(join(bin, 'initdb')))
    throw new Error(`this suite needs a PostgreSQL of the system in ${bin} (Debian: apt-get install postgresql-15)`)
  const host = mkdtempSync(join(tmpdir(), 'assay-theirs-'))
  const data = join(host, 'data')
  const asRoot = process.getuid?.() === 0
  if (asRoot) spawnSync('chown', [`${NOBODY}:${NOBODY}`, host])
  chmodSync(host, 0o755)
  const before = asRoot
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--pdeathsig=INT']
    : []
  const command = (name: string, args: readonly string[]): [string, string[]] => {
    const [first = '', ...rest] = [...before, join(bin, name), ...args]
    return [first, rest]
  }
  const run = (name: string, args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(...command(name, args), { encoding: 'utf8', cwd: host })
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
    return stdout
  }
  run('initdb', [
    ...['-D', data, '-U', superuser, '--auth-local=trust', '--auth-host=scram-sha-256', '--encoding=UTF8'],
    ...locale,
  ])
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'max_connections=200'].flatMap((one) => ['-c', one])
  const child = spawn(...command('postgres', ['-D', data, '-p', String(port), '-k', host, ...settings]), {
    cwd: host,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  await ready(child, gone)
  return {
    host,
    port,
    url: (role, password, database) => `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`,
    program: (name, ...args) => run(name, ['-h', host, '-p', String(port), '-U', superuser, ...args]),
    async stop() {
      child.kill('SIGINT')
      await gone
      rmSync(host, { recursive: true, force: true })
    },
  }
}

async function ready(child: ChildProcess, gone: Promise<void>): Promise<void> {
  let text = ''
  await new Promise<void>((started, failed) => {
    const timer = setTimeout(() => failed(new Error(`not ready in time: ${text}`)), START_MS)
    child.stderr?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-10_000)
      if (!text.includes('ready to accept connections')) return
      clearTimeout(timer)
      started()
    })
    void gone.then(() => failed(new Error(`ended early: ${text}`)))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}
