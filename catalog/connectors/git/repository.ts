// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import type { Answer } from '../../../lib/recorder.ts'
import type { GitPlace } from '../../../lib/git-process.ts'
import { SourceTrouble } from '../../../lib/trouble.ts'
import type { Config, Io } from '../../connector.ts'

/** A path of the server, an address git knows, or the short form `git@host:path`. */
const location = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .refine((text) => !/\p{Cc}/u.test(text), 'expected one line of plain characters')
  .refine(
    (text) => text.startsWith('/') || urlOf(text) !== undefined,
    'expected an absolute path, https://…, ssh://…, git://…, file:///… or git@host:path',
  )
  .refine(
    (text) => (urlOf(text)?.password ?? '') === '',
    'expected an address without a password inside; give the token in its own field',
  )

export const gitConfig = z.strictObject({
  location,
  username: z
    .string()
    .trim()
    .max(200)
    .regex(/^[\w.@+-]*$/, 'expected letters, digits and . _ @ + -')
    .default(''),
  branch: z
    .string()
    .trim()
    .max(250)
    .regex(/^(?!-)(?!.*\.\.)[^\s~^:?*[\\\p{Cc}]*$/u, 'expected the name of a branch')
    .default(''),
  history_days: z.coerce.number().int().min(1).max(3660).default(400),
  allowed_signers: z.string().max(100_000).default(''),
})

export const configOf = (cfg: Config): z.infer<typeof gitConfig> => gitConfig.parse(cfg)

const PROTOCOLS: ReadonlySet<string> = new Set(['https:', 'http:', 'ssh:', 'git:', 'file:'])

/** The address in its long form; undefined when it is none of the ones we read. */
function urlOf(text: string): URL | undefined {
  const short = /^(?:([\w.-]+)@)?([\w.-]+):(?!\/\/)([^-:].*)$/.exec(text)
  const long = short && !text.includes('://') ? `ssh://${short[1] ?? 'git'}@${short[2]}/${short[3]}` : text
  if (!URL.canParse(long)) return undefined
  const url = new URL(long)
  if (!PROTOCOLS.has(url.protocol) || /^\/*-/.test(url.pathname) || url.hostname.startsWith('-')) return undefined
  return url.protocol === 'file:' || url.hostname !== '' ? url : undefined
}

/** Where the configuration leads. */
export function placeOf(cfg: Config): GitPlace {
  const { location: text, username, allowed_signers } = configOf(cfg)
  const url = text.startsWith('/') ? undefined : urlOf(text)
  if (!url) return { type: 'git', at: { path: text }, allowed_signers }
  if (url.protocol === 'file:') return { type: 'git', at: { path: decodeURIComponent(url.pathname) }, allowed_signers }
  const user = username === '' ? decodeURIComponent(url.username) : username
  url.username = ''
  return { type: 'git', at: { url: url.href, username: user }, allowed_signers }
}

/** What rows call the repository: `github.com/acme/shop`, or the name of the folder. */
export function repositoryName(cfg: Config): string {
  const { at } = placeOf(cfg)
  if ('path' in at) return lastPart(at.path)
  const url = new URL(at.url)
  return `${url.hostname}${url.pathname.replace(/\.git\/?$/, '').replace(/\/$/, '')}`
}

const lastPart = (path: string): string =>
  path
    .replace(/\/+$/, '')
    .replace(/\/\.git$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .at(-1) || path

/** Where the branch that counts stands. */
export interface Head {
  /** `HEAD` when the repository has none checked out by name. */
  readonly branch: string
  /** Undefined in a repository without commits. */
  readonly sha: string | undefined
  readonly shallow: boolean
  /** The answers that say so; the first holds the name of the branch. */
  readonly answers: readonly Answer[]
}

export const text = (answer: Answer): string => answer.bytes.toString('utf8')

/** The whole lines of an answer; one without its end was cut, and half a name is another name. */
export const lines = (answer: Answer): string[] =>
  text(answer)
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '')

/** @throws SourceTrouble missing when it is no repository, or the branch does not exist */
export async function findHead(io: Io<GitPlace>): Promise<Head> {
  const { branch: wanted } = configOf(io.cfg)
  const shallow = await io.source.run(['rev-parse', '--is-shallow-repository'], { name: 'shallow.txt' })
  if (shallow.code !== 0) throw notARepository(io.cfg, shallow)
  const name =
    wanted === ''
      ? await io.source.run(['symbolic-ref', '--quiet', '--short', 'HEAD'], { name: 'branch.txt' })
      : undefined
  const branch = wanted !== '' ? wanted : name?.code === 0 && name ? text(name).trim() : 'HEAD'
  const ref = branch === 'HEAD' ? 'HEAD' : `refs/heads/${branch}`
  const head = await io.source.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], {
    name: 'head.txt',
  })
  const answers = [...(name ? [name] : []), shallow, head]
  const found = { branch, shallow: text(shallow).trim() === 'true', answers }
  if (head.code === 0) return { ...found, sha: text(head).trim() }
  const any = await io.source.run(['for-each-ref', '--count=1', 'refs/heads', 'refs/tags'], { name: 'any.txt' })
  if (lines(any).length === 0) return { ...found, sha: undefined, answers: [...answers, any] }
  throw new SourceTrouble(
    'missing',
    `the branch ${branch} of ${repositoryName(io.cfg)} does not exist, other branches do; name the branch to read in the connection`,
  )
}

/** Reads a branch's name back from recorded answers. */
export function branchIn(answers: readonly Answer[], cfg: Config): string {
  const { branch } = configOf(cfg)
  if (branch !== '') return branch
  const name = answers.find((answer) => answer.name === 'branch.txt')
  return name?.code === 0 ? text(name).trim() : 'HEAD'
}

export function notARepository(cfg: Config, answer: Answer): SourceTrouble {
  const said = answer.said.replaceAll(/\s+/g, ' ').slice(0, 300)
  if (/dubious ownership/i.test(said))
    return new SourceTrouble('denied', `git refuses to read ${repositoryName(cfg)}: ${said}`, { need: 'repository' })
  if (/permission denied/i.test(said))
    return new SourceTrouble(
      'denied',
      `the server may not read ${repositoryName(cfg)}; give its user the right (git says: ${said})`,
      { need: 'repository' },
    )
  return new SourceTrouble('missing', `there is no git repository at this place (git says: ${said})`)
}

export const SHALLOW =
  'the repository is a shallow copy: the history before its cut is not there; read the full repository, or "git fetch --unshallow"'
