// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'
import type { EgressRule, Resolve } from './egress.ts'
import type { Answer, Recorder } from './recorder.ts'
import { SourceTrouble } from './trouble.ts'

/** A repository: a folder of this machine, or an address that is copied and kept up to date. */
export interface GitPlace {
  readonly type: 'git'
  readonly at:
    | { readonly path: string }
    /** `https://`, `http://`, `ssh://` or `git://`; without user or password inside. */
    | { readonly url: string; readonly username: string }
  /** Lines of an OpenSSH allowed-signers file: whose SSH signatures count as good. */
  readonly allowed_signers: string
}

export interface GitSource {
  /** Runs one reading command. A non-zero exit is an answer, not an error. @throws SourceTrouble timeout, too-large */
  run(args: readonly string[], options: { readonly name: string; readonly input?: string }): Promise<Answer>
  /** Where the repository came from and how it was reached, for the record. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
  close(): Promise<void>
}

export interface GitLimits {
  readonly command_ms: number
  readonly fetch_ms: number
  readonly answer_bytes: number
  readonly repository_bytes: number
}

export const GIT_LIMITS: GitLimits = {
  command_ms: 120_000,
  fetch_ms: 30 * 60_000,
  answer_bytes: 64 * 1024 * 1024,
  repository_bytes: 8 * 1024 * 1024 * 1024,
}

export interface GitOptions {
  /** Folder of the connection: the copy of the repository, known hosts, keys to check signatures with. */
  readonly folder: string
  /** Folder nothing may be read from: our own data. */
  readonly own: string
  readonly egress: EgressRule
  readonly recorder: Recorder
  readonly secrets: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly limits?: GitLimits
  readonly resolve?: Resolve
}

/**
 * Settings that win over those of the repository, whose files nobody vouches for: no programs of its choosing, no
 * protocols, no hooks. Read from: git-config(1), "protected configuration"; git-upload-pack(1), "security".
 */
const HARDENING = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.sshCommand=false',
  'core.gitProxy=',
  'core.alternateRefsCommand=',
  'core.quotePath=true',
  'gpg.program=gpg',
  'gpg.openpgp.program=gpg',
  'gpg.x509.program=false',
  'gpg.ssh.program=ssh-keygen',
  'gpg.ssh.defaultKeyCommand=',
  'gpg.minTrustLevel=undefined',
  'log.showSignature=false',
  'log.mailmap=false',
  'diff.external=',
  'protocol.allow=never',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'credential.helper=',
  'credential.interactive=never',
  'color.ui=false',
  'pack.threads=1',
  'gc.auto=0',
  'maintenance.auto=false',
] as const

/** Environment of every git we run: nothing of the user's, nothing that could ask a question. */
export function gitEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: folder,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    SSH_ASKPASS: 'false',
    SSH_ASKPASS_REQUIRE: 'never',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GNUPGHOME: join(folder, 'gnupg'),
  }
}

export interface Ran {
  readonly code: number
  readonly bytes: Buffer
  readonly said: string
}

export interface RunLimits {
  readonly ms: number
  readonly bytes: number
  readonly signal: AbortSignal
  /** Asked every second while the program runs; an error ends it. */
  readonly watch?: () => void
}

/** Runs git to its end in a process group of its own, so that whatever it started ends with it. */
export async function runGit(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  limits: RunLimits,
  input?: string,
): Promise<Ran> {
  const flags = HARDENING.flatMap((setting) => ['-c', setting])
  const child = spawn('git', ['--no-pager', ...flags, ...args], { env, detached: true, stdio: 'pipe', cwd: '/' })
  const chunks: Buffer[] = []
  let size = 0
  let said = ''
  let trouble: unknown
  const stop = (why: unknown): void => {
    trouble ??= why
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
  const tooLong = (): void =>
    stop(new SourceTrouble('timeout', `git did not finish within ${Math.round(limits.ms / 1000)} seconds`))
  const timer = setTimeout(tooLong, limits.ms)
  const watcher = setInterval(() => {
    try {
      limits.watch?.()
    } catch (error) {
      stop(error)
    }
  }, 1000)
  const aborted = (): void => stop(new SourceTrouble('timeout', 'the run was stopped'))
  if (limits.signal.aborted) aborted()
  limits.signal.addEventListener('abort', aborted)
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= limits.bytes) chunks.push(chunk)
    else stop(new SourceTrouble('too-large', `git answered with more than ${Math.round(limits.bytes / 1048576)} MB`))
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8000)
  })
  // A program that ends before it read its input is told by its exit code.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  try {
    const code = await new Promise<number>((done, failed) => {
      child.once('error', failed)
      child.once('close', (exit) => done(exit ?? 128))
    })
    if (trouble !== undefined) throw trouble
    return { code, bytes: Buffer.concat(chunks), said: said.trim() }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new SourceTrouble('unsupported', 'the program git is not installed on the server', { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
    clearInterval(watcher)
    limits.signal.removeEventListener('abort', aborted)
  }
}

/** A repository in a folder of this machine, read where it lies and never written to. */
export function openFolder(path: string, place: GitPlace, options: GitOptions): GitSource {
  if (!options.egress.allowPrivate)
    throw new SourceTrouble(
      'forbidden',
      'folders of the server may not be read here (ASSAY_ALLOW_PRIVATE_NETWORK=false)',
    )
  const real = realFolder(path)
  const own = resolve(options.own)
  if (real === own || real.startsWith(own + sep))
    throw new SourceTrouble('forbidden', `${path} lies in the data folder of Assay itself`)
  return openRepository(real, place, options, { path: real })
}

function realFolder(path: string): string {
  if (!isAbsolute(path)) throw new SourceTrouble('missing', `expected an absolute path, got ${path}`)
  try {
    const real = realpathSync(path)
    if (!statSync(real).isDirectory()) throw new SourceTrouble('missing', `${path} is not a folder`)
    return real
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new SourceTrouble('missing', `there is no folder ${path} on the server`, { cause: error })
    if (code === 'EACCES')
      throw new SourceTrouble('denied', `the server may not enter ${path}; give its user the right to read it`, {
        need: 'repository',
        cause: error,
      })
    throw error
  }
}

/** A repository that is there: a folder, or the copy of a remote one. */
export function openRepository(
  path: string,
  place: GitPlace,
  options: GitOptions,
  facts: GitSource['facts'],
): GitSource {
  const limits = options.limits ?? GIT_LIMITS
  prepareFolder(options.folder, place.allowed_signers, path)
  const env = {
    ...gitEnvironment(options.folder),
    // Only this folder, never a repository that happens to lie around it.
    GIT_CEILING_DIRECTORIES: dirname(path),
  }
  const { recorder } = options
  return {
    facts,
    async run(args, { name, input }) {
      const asked_at = recorder.now()
      const started = performance.now()
      const ran = await runGit(
        ['-C', path, ...signers(options.folder), ...args],
        env,
        { ms: limits.command_ms, bytes: limits.answer_bytes, signal: options.signal },
        input,
      )
      return recorder.record({
        name,
        media_type: 'text/plain',
        asked_at,
        ...ran,
        request: {
          program: 'git',
          arguments: args.join(' '),
          ...(input === undefined ? {} : { input_lines: linesOf(input) }),
        },
        response: {
          exit: ran.code,
          milliseconds: Math.round(performance.now() - started),
          ...(ran.said ? { said: ran.said.slice(0, 2000) } : {}),
          ...facts,
        },
      })
    },
    close: async () => undefined,
  }
}

const linesOf = (text: string): number => text.split('\n').filter((line) => line !== '').length

/** What signatures are checked with is the connection's, never the repository's. */
const signers = (folder: string): string[] => [
  '-c',
  `gpg.ssh.allowedSignersFile=${join(folder, 'allowed-signers')}`,
  '-c',
  'gpg.ssh.revocationFile=/dev/null',
]

/** Makes the folder of a connection with the files every command needs. */
export function prepareFolder(folder: string, allowedSigners: string, safe: string): void {
  mkdirSync(join(folder, 'gnupg'), { recursive: true, mode: 0o700 })
  // Ownership is no question here: the settings above take away what a foreign repository could do with it.
  const quoted = (path: string): string => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const config = `[safe]\n\tdirectory = ${quoted(safe)}\n\tdirectory = ${quoted(join(safe, '.git'))}\n`
  writeFileSync(join(folder, 'gitconfig'), config, { mode: 0o600 })
  writeFileSync(join(folder, 'allowed-signers'), allowedSigners === '' ? '' : allowedSigners.trim() + '\n', {
    mode: 0o600,
  })
}
