// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real server in a process of its own, on a data folder of its own, as `npm start` makes it. */
export interface Running {
  readonly url: string
  readonly dataDir: string
  /** The one-time link that the server printed. */
  readonly setupLink: string
  readonly process: ChildProcess
  /** Resolves with the exit code when the process is gone; null when a signal ended it. */
  readonly gone: Promise<number | null>
  /** Everything it has printed. */
  readonly said: () => string
  stop(signal?: NodeJS.Signals): Promise<void>
}

const START_MS = 60_000

/**
 * @param options.before words of a command that runs the server in its turn: into another namespace, under a tracer
 * @param options.script `bin/start.mjs` is what `npm start` runs: it builds the pages where they are missing or old
 */
export async function startRunning(
  options: {
    dataDir?: string
    env?: Record<string, string>
    before?: readonly string[]
    script?: 'entrypoints/main.ts' | 'bin/start.mjs'
    /** In a process group of its own, as a command that somebody types in a terminal. */
    inTerminal?: boolean
  } = {},
): Promise<Running> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'assay-e2e-'))
  const [port, contentPort] = [await freePort(), await freePort()]
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', options.script ?? 'entrypoints/main.ts']
  const [command = process.execPath, ...rest] = [...(options.before ?? []), ...words]
  const child = spawn(command, rest, {
    env: {
      ...process.env,
      ASSAY_DATA: dataDir,
      PORT: String(port),
      ASSAY_CONTENT_PORT: String(contentPort),
      ASSAY_LOG: 'warn',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.inTerminal ?? false,
  })
  let text = ''
  const gone = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  await new Promise<void>((ready, failed) => {
    const timer = setTimeout(() => failed(new Error(`not ready in time: ${text}`)), START_MS)
    const hear = (chunk: Buffer): void => {
      text += chunk.toString()
      if (!text.includes('Stop with Ctrl-C')) return
      clearTimeout(timer)
      ready()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void gone.then(() => failed(new Error(`ended early: ${text}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    setupLink: /http\S+\/setup#\S+/.exec(text)?.[0] ?? '',
    process: child,
    gone,
    said: () => text,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await gone
    },
  }
}

export const discard = (running: Running): void => rmSync(running.dataDir, { recursive: true, force: true })

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

/** As `npx assay` does: compiled code is kept from one command to the next. */
export const COMPILED = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/node') }

/** Runs `assay` as a person would; gives what it printed and how it ended. */
export async function assay(
  words: readonly string[],
  options: { env?: Record<string, string>; stdin?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  return await new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'entrypoints/cli.ts', ...words],
      { env: { ...process.env, ...COMPILED, ...options.env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => done({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    )
    child.stdin?.end(options.stdin ?? '')
  })
}
