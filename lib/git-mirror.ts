// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkedAddress } from './egress.ts'
import {
  GIT_LIMITS,
  gitEnvironment,
  openFolder,
  openRepository,
  prepareFolder,
  runGit,
  type GitOptions,
  type GitPlace,
  type GitSource,
  type Ran,
} from './git-process.ts'
import { SourceTrouble } from './trouble.ts'

/** Opens a repository for reading; a remote one is copied first, or its copy brought up to date. @throws SourceTrouble */
export async function openGit(place: GitPlace, options: GitOptions): Promise<GitSource> {
  if ('path' in place.at) return openFolder(place.at.path, place, options)
  const remote = await openRemote(place, { ...place.at }, options)
  try {
    const path = await refresh(remote, options)
    return openRepository(path, place, options, remote.facts)
  } finally {
    remote.close()
  }
}

interface Remote {
  readonly url: string
  /** What is given to git: the address, with the host replaced where git cannot be told to connect elsewhere. */
  readonly reach: string
  readonly flags: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly facts: Readonly<Record<string, string>>
  readonly limits: NonNullable<GitOptions['limits']>
  close(): void
}

const PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80', 'ssh:': '22', 'git:': '9418' }

async function openRemote(
  place: GitPlace,
  at: { readonly url: string; readonly username: string },
  options: GitOptions,
): Promise<Remote> {
  const url = new URL(at.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port || PORTS[url.protocol]
  if (host === '' || port === undefined)
    throw new SourceTrouble('forbidden', `expected an https, ssh, git or http address, got ${at.url}`)
  const address = await checkedAddress(host, options.egress, options.resolve)
  prepareFolder(options.folder, place.allowed_signers, options.folder)
  const facts = { url: at.url, address, port }
  const base = { url: at.url, facts, limits: options.limits ?? GIT_LIMITS, env: gitEnvironment(options.folder) }
  const scheme = url.protocol.slice(0, -1)
  const allowed = ['-c', `protocol.${scheme}.allow=always`]
  const reach: Reach = { url, host, port, address, username: at.username, allowed }
  if (scheme === 'ssh') return overSsh(base, reach, options)
  if (scheme === 'git') {
    url.hostname = isIP(address) === 6 ? `[${address}]` : address
    return { ...base, reach: url.href, flags: allowed, close: () => undefined }
  }
  return overHttp(base, reach, options)
}

type Base = Pick<Remote, 'url' | 'facts' | 'limits' | 'env'>

interface Reach {
  readonly url: URL
  readonly host: string
  readonly port: string
  readonly address: string
  readonly username: string
  /** Flags that allow this one protocol. */
  readonly allowed: readonly string[]
}

/** git asks this helper for the credential; it reads what only the environment of these processes holds. */
const HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$ASSAY_GIT_USERNAME" "$ASSAY_GIT_SECRET"; }; f`

function overHttp(base: Base, to: Reach, options: GitOptions): Remote {
  const { url, allowed, username } = to
  const token = options.secrets['token']
  if (token !== undefined && url.protocol === 'http:' && !isLoopback(to.address))
    throw new SourceTrouble('forbidden', 'the token would travel unencrypted over http; use an https address')
  const settings = [
    `http.curloptResolve=${to.host}:${to.port}:${isIP(to.address) === 6 ? `[${to.address}]` : to.address}`,
    'http.followRedirects=false',
    'http.proxy=',
    'http.sslVerify=true',
    'http.lowSpeedLimit=1000',
    'http.lowSpeedTime=60',
    'http.userAgent=assay',
    'http.extraHeader=',
    ...(token === undefined ? [] : [`credential.${url.protocol}//${url.host}.helper=${HELPER}`]),
  ]
  return {
    ...base,
    reach: base.url,
    flags: [...allowed, ...settings.flatMap((setting) => ['-c', setting])],
    env: {
      ...base.env,
      ...(token === undefined
        ? {}
        : { ASSAY_GIT_USERNAME: username === '' ? 'x-access-token' : username, ASSAY_GIT_SECRET: token }),
    },
    close: () => undefined,
  }
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.')

function overSsh(base: Base, to: Reach, options: GitOptions): Remote {
  const { url, allowed, username, address } = to
  const key = options.secrets['ssh_key']
  // ssh takes keys only from files or an agent; the file lives as long as the command.
  const folder = key === undefined ? undefined : mkdtempSync(join(tmpdir(), 'assay-key-'))
  if (folder !== undefined) writeFileSync(join(folder, 'key'), key!.trim() + '\n', { mode: 0o600 }) // there is a folder only for a key
  const ssh = [
    'ssh',
    ...['-F', '/dev/null'],
    ...[
      'BatchMode=yes',
      'ConnectTimeout=20',
      'StrictHostKeyChecking=accept-new',
      `UserKnownHostsFile=${join(options.folder, 'known_hosts')}`,
      'GlobalKnownHostsFile=/dev/null',
      `HostName=${address}`,
      `HostKeyAlias=${url.hostname}`,
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      `IdentityFile=${folder === undefined ? 'none' : join(folder, 'key')}`,
      'ProxyCommand=none',
      'PermitLocalCommand=no',
      'ForwardAgent=no',
      'ServerAliveInterval=15',
      'ServerAliveCountMax=4',
    ].flatMap((option) => ['-o', option]),
  ]
  const reach = new URL(url)
  reach.username = username === '' ? 'git' : username
  return {
    ...base,
    reach: reach.href,
    flags: allowed,
    env: { ...base.env, GIT_SSH_COMMAND: ssh.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ') },
    close: () => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Brings the copy of a remote up to date, makes it where there is none, and gives its folder. */
async function refresh(remote: Remote, options: GitOptions): Promise<string> {
  const name = `mirror-${createHash('sha256').update(remote.url).digest('hex').slice(0, 16)}`
  const path = join(options.folder, name)
  const symbolic = await references(remote, options)
  for (const other of readdirSync(options.folder))
    if (other.startsWith('mirror-') && other !== name) rmSync(join(options.folder, other), { recursive: true })
  if (!existsSync(join(path, 'HEAD'))) await local(['init', '--quiet', '--bare', '--', path], remote, options)
  const started = performance.now()
  const asked_at = options.recorder.now()
  const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
  const fetch = ['fetch', '--prune', '--force', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules']
  const ran = await runGit(['-C', path, ...remote.flags, ...fetch, '--', remote.reach, ...refspecs], remote.env, {
    ms: remote.limits.fetch_ms,
    bytes: remote.limits.answer_bytes,
    signal: options.signal,
    watch: () => refuseHuge(path, remote.limits.repository_bytes),
  })
  if (ran.code !== 0) throw explain(ran, remote, options)
  await local(['-C', path, 'symbolic-ref', '--', 'HEAD', symbolic ?? 'refs/heads/main'], remote, options)
  options.recorder.record({
    name: 'fetch.txt',
    media_type: 'text/plain',
    asked_at,
    ...ran,
    request: { program: 'git', arguments: fetch.join(' '), refspecs: refspecs.join(' ') },
    response: { exit: ran.code, milliseconds: Math.round(performance.now() - started), ...remote.facts },
  })
  return path
}

/** The references of the remote are kept as evidence; gives the branch its HEAD names. */
async function references(remote: Remote, options: GitOptions): Promise<string | undefined> {
  const asked_at = options.recorder.now()
  const started = performance.now()
  const args = ['ls-remote', '--symref']
  const ran = await runGit([...remote.flags, ...args, '--', remote.reach], remote.env, {
    ms: remote.limits.command_ms,
    bytes: remote.limits.answer_bytes,
    signal: options.signal,
  })
  options.recorder.record({
    name: 'references.txt',
    media_type: 'text/plain',
    asked_at,
    ...ran,
    request: { program: 'git', arguments: args.join(' ') },
    response: { exit: ran.code, milliseconds: Math.round(performance.now() - started), ...remote.facts },
  })
  if (ran.code !== 0) throw explain(ran, remote, options)
  if (ran.bytes.length === 0) await expectGit(remote, options)
  return /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(ran.bytes.toString('utf8'))?.[1]
}

/**
 * Makes sure that an answer without references is the answer of a git server. Over http git takes any page for a very
 * old kind of server, and a page to sign in would pass for a repository without commits.
 */
async function expectGit(remote: Remote, options: GitOptions): Promise<void> {
  if (!/^https?:/.test(remote.reach)) return
  const ran = await runGit(
    [...remote.flags, 'ls-remote', '--', remote.reach],
    { ...remote.env, GIT_TRACE_PACKET: '1' },
    { ms: remote.limits.command_ms, bytes: remote.limits.answer_bytes, signal: options.signal },
  )
  if (!/packet:\s+git</.test(ran.said))
    throw new SourceTrouble(
      'missing',
      `${remote.url} answers, but not as a git server; is it the address to clone from?`,
    )
}

async function local(args: readonly string[], remote: Remote, options: GitOptions): Promise<void> {
  const ran = await runGit(args, gitEnvironment(options.folder), {
    ms: remote.limits.command_ms,
    bytes: remote.limits.answer_bytes,
    signal: options.signal,
  })
  if (ran.code !== 0) throw new SourceTrouble('broken', `git ${args[0] ?? ''} failed: ${ran.said.slice(0, 500)}`)
}

function refuseHuge(path: string, most: number): void {
  const folder = join(path, 'objects', 'pack')
  if (!existsSync(folder)) return
  let size = 0
  for (const name of readdirSync(folder)) size += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  if (size > most)
    throw new SourceTrouble('too-large', `the repository is larger than ${Math.round(most / 1048576)} MB`)
}

/** What git says when a remote cannot be read, from its own words (they are English: LC_ALL=C). */
const SAYINGS: readonly (readonly [RegExp, SourceTrouble['kind'], string])[] = [
  [/host key verification failed/i, 'denied', 'the host key differs from the one seen at the first connection'],
  [
    /permission denied \(|authentication failed|could not read (username|password)|invalid credentials|invalid username or/i,
    'denied',
    'the credential was refused; give a token or key that may read this repository',
  ],
  [
    /returned error: 40[13]|access denied|not authori[sz]ed/i,
    'denied',
    'access was refused; give a token or key that may read this repository',
  ],
  [
    /returned error: 404|repository .* not found|does not appear to be a git repository|repository not found|not exported|no such repository/i,
    'missing',
    'there is no repository at this address, or the credential may not see it',
  ],
  [
    /unable to update url base from redirection|returned error: 30[1278]/i,
    'missing',
    'the repository has moved; give its new address',
  ],
  [/certificate|SSL|TLS/, 'unreachable', 'the encrypted connection cannot be trusted'],
  [/connection refused|couldn't connect|failed to connect/i, 'unreachable', 'nothing answers there'],
  [/could not resolve|name or service not known/i, 'unreachable', 'there is no such host'],
  [/timed out|too slow|operation too slow/i, 'timeout', 'it did not answer in time'],
  [/no space left on device/i, 'too-large', 'the disk of the server is full'],
  [
    /early eof|unexpected disconnect|hung up|unpack|index-pack failed|rpc failed|empty reply/i,
    'broken',
    'the connection was cut while reading',
  ],
  [/returned error: 5\d\d/i, 'unreachable', 'the server has a fault of its own'],
]

function explain(ran: Ran, remote: Remote, options: GitOptions): SourceTrouble {
  const said = options.recorder.scrub(ran.said)
  const found = SAYINGS.find(([pattern]) => pattern.test(said))
  const where = remote.url
  const quoted = said.replaceAll(/\s+/g, ' ').slice(-300)
  if (!found) return new SourceTrouble('broken', `${where} cannot be read: ${quoted || `git ended with ${ran.code}`}`)
  const [, kind, words] = found
  return new SourceTrouble(
    kind,
    `${where}: ${words} (git says: ${quoted})`,
    kind === 'denied' ? { need: 'repository' } : {},
  )
}
