// SPDX-License-Identifier: Apache-2.0
import type { GitPlace } from '../../../lib/git-process.ts'
import type { Answer } from '../../../lib/recorder.ts'
import { SourceTrouble } from '../../../lib/trouble.ts'
import { DAY_MS } from '../../../lib/time.ts'
import type { Cursor, End, Io, Normalised, Page, ReadAt, Stream } from '../../connector.ts'
import { codeChange } from '../../kinds/code-change.ts'
import {
  changeRequestIn,
  isAuthentic,
  isForge,
  isNamed,
  objectsIn,
  parseCommit,
  reviewTrailers,
  signatureOf,
  type Commit,
} from './commit.ts'
import { branchIn, configOf, findHead, lines, repositoryName, SHALLOW, text, type Head } from './repository.ts'

/** Changes read again at each reading, so that a signature whose key is known by now shows. */
const OVERLAP = 50
const CHAIN_MOST = 200_000
const PAGE = 500

/** One line of the branch's first-parent history, newest first. */
interface Link {
  readonly sha: string
  readonly at: number
  readonly merged: string | undefined
}

/**
 * What landed on the branch, one row a first-parent commit. Commits carry dates of their maker's choosing, so a later
 * reading goes by the graph: everything that is new since the head of the last complete one, whatever date it claims.
 */
export const changes: Stream<GitPlace> = {
  name: 'changes',
  says: 'What landed on the branch, by whom, and who reviewed it',
  kind: codeChange,
  needs: [
    {
      id: 'repository',
      what: 'Read access to the repository',
      why: 'The history of the branch is the complete list of changes that an auditor samples.',
    },
  ],
  read,
  census,
  normalise,
}

async function* read(io: Io<GitPlace>, at: ReadAt): AsyncGenerator<Page, End> {
  const head = await findHead(io)
  const seen = at.cursor?.['head']
  const remarks: string[] = []
  const before = await whatBecameOf(io, typeof seen === 'string' ? seen : undefined, head, remarks)
  if (head.sha === undefined)
    return { remarks: [...remarks, 'The repository has no commits yet.'], window: { from: at.from, to: at.to } }
  const full = before.since === undefined
  const most = full ? CHAIN_MOST : before.news + OVERLAP
  const chain = await io.source.run(
    ['rev-list', '--first-parent', '--timestamp', '--parents', `--max-count=${most}`, '--end-of-options', head.sha],
    { name: 'history.txt' },
  )
  if (chain.code !== 0) throw new SourceTrouble('broken', `git cannot list the history: ${chain.said.slice(0, 300)}`)
  const links = linksIn(chain)
  const { history_days } = configOf(io.cfg)
  const start = full ? new Date(Date.parse(at.to) - history_days * DAY_MS).toISOString() : at.from
  // Back to the oldest change that claims to be inside: one with a false date in between hides nothing.
  const last = links.findLastIndex((link) => link.at * 1000 >= Date.parse(start))
  const wanted = full ? links.slice(0, last + 1) : links
  remarks.push(...oddDates(full ? wanted : wanted.slice(0, before.news), start, at.to))
  for (let from = 0; from < wanted.length; from += PAGE) yield await details(io, head, wanted.slice(from, from + PAGE))
  const cut = full && links.length === CHAIN_MOST && last === links.length - 1
  const partial = head.shallow
    ? SHALLOW
    : cut
      ? `the branch has more than ${CHAIN_MOST} changes since ${start}; only the newest were read`
      : undefined
  return {
    window: { from: start, to: at.to },
    cursor: { head: head.sha, last: wanted.at(-1)?.sha ?? head.sha, rows: wanted.length },
    ...(partial ? { partial } : {}),
    remarks,
  }
}

/** Whether the head of the last reading is still part of the branch, and how many changes came since. */
async function whatBecameOf(
  io: Io<GitPlace>,
  seen: string | undefined,
  head: Head,
  remarks: string[],
): Promise<{ since: string | undefined; news: number }> {
  if (seen === undefined) return { since: undefined, news: 0 }
  if (head.sha === undefined) {
    remarks.push(`History was rewritten: ${seen} was the head of the branch, and now there are no commits at all.`)
    return { since: undefined, news: 0 }
  }
  const within = await io.source.run(['merge-base', '--is-ancestor', seen, head.sha], { name: 'ancestor.txt' })
  if (within.code !== 0) {
    const lost = await io.source.run(['rev-list', '--count', '--first-parent', `${head.sha}..${seen}`], {
      name: 'lost.txt',
    })
    const many = lost.code === 0 ? `${text(lost).trim()} changes that were part of it are gone` : 'it is gone'
    remarks.push(
      `History was rewritten: ${seen} was the head of ${head.branch} at the last reading and is no longer part of it; ${many}. The whole period was read again.`,
    )
    return { since: undefined, news: 0 }
  }
  const count = await io.source.run(['rev-list', '--count', '--first-parent', `${seen}..${head.sha}`], {
    name: 'news.txt',
  })
  return { since: seen, news: Number(text(count).trim()) }
}

function linksIn(chain: Answer): Link[] {
  return lines(chain).map((line) => {
    const [at, sha, , merged] = line.split(' ')
    return { sha: sha ?? '', at: Number(at), merged }
  })
}

function oddDates(fresh: readonly Link[], from: string, to: string): string[] {
  const early = fresh.filter((link) => link.at * 1000 < Date.parse(from)).length
  const late = fresh.filter((link) => link.at * 1000 > Date.parse(to) + 5 * 60_000).length
  return [
    ...(early > 0 ? [`${early} new changes claim a date before ${from}; they are listed all the same.`] : []),
    ...(late > 0 ? [`${late} changes claim a date in the future.`] : []),
  ]
}

/** The commit objects as git keeps them, and what git says of their signatures and sizes. */
async function details(io: Io<GitPlace>, head: Head, links: readonly Link[]): Promise<Page> {
  const shas = links.map((link) => link.sha)
  const merged = links.flatMap((link) => (link.merged === undefined ? [] : [link.merged]))
  const objects = await io.source.run(['cat-file', '--batch'], {
    name: 'commits.txt',
    input: [...new Set([...shas, ...merged])].join('\n') + '\n',
  })
  const stats = await io.source.run(
    [
      ...['log', '--no-walk=unsorted', '--stdin', '--shortstat', '--no-renames', '--no-ext-diff', '--no-textconv'],
      ...['--no-mailmap', '--no-notes', '--diff-merges=first-parent', '--format=format:%x01%H %G?'],
    ],
    { name: 'statistics.txt', input: shas.join('\n') + '\n' },
  )
  return { answers: [...head.answers, objects, stats], listed: shas }
}

async function census(io: Io<GitPlace>, _at: ReadAt, end: End) {
  const { head, last } = end.cursor ?? ({} as Cursor)
  if (typeof head !== 'string' || typeof last !== 'string')
    return { n: 0, exact: 'exact' as const, how: 'git for-each-ref: no branch and no tag' }
  if (end.cursor?.['rows'] === 0) return { n: 0, exact: 'exact' as const, how: 'no change claims a date in the window' }
  const parent = await io.source.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${last}^1`], {
    name: 'before.txt',
  })
  const range = parent.code === 0 ? `${text(parent).trim()}..${head}` : head
  const count = await io.source.run(['rev-list', '--count', '--first-parent', range], { name: 'census.txt' })
  if (count.code !== 0) return undefined
  return { n: Number(text(count).trim()), exact: 'exact' as const, how: `git rev-list --count --first-parent ${range}` }
}

/** Signature letter, files, lines added and removed, by commit. */
function statisticsIn(answer: Answer): Map<string, { letter: string; files: number; added: number; removed: number }> {
  const found = new Map<string, { letter: string; files: number; added: number; removed: number }>()
  for (const record of text(answer).split('\x01').slice(1)) {
    const header = /^([0-9a-f]{40,64}) (.)/.exec(record)
    if (!header) continue
    const of = (pattern: RegExp): number => Number(pattern.exec(record)?.[1] ?? 0)
    found.set(header[1]!, {
      letter: header[2]!, // the pattern has two groups
      files: of(/(\d+) files? changed/),
      added: of(/(\d+) insertions?\(\+\)/),
      removed: of(/(\d+) deletions?\(-\)/),
    })
  }
  return found
}

function normalise(page: Page, { cfg }: { cfg: Io['cfg'] }): Normalised {
  const objects = page.answers.find((answer) => answer.name === 'commits.txt')
  const stats = page.answers.find((answer) => answer.name === 'statistics.txt')
  if (!objects || !stats) return { rows: [], unreachable: [] }
  const batch = objectsIn(objects.bytes)
  const commits = new Map<string, Commit | string>()
  for (const [sha, { type, bytes }] of batch)
    commits.set(
      sha,
      isAuthentic(sha, type, bytes)
        ? (parseCommit(sha, bytes) ?? 'its commit object has no readable author and committer')
        : 'its bytes are not what its name says',
    )
  const statistics = statisticsIn(stats)
  const rows: Normalised['rows'][number][] = []
  const unreachable: { subject: string; because: string }[] = []
  const about = { repository: repositoryName(cfg), branch: branchIn(page.answers, cfg) }
  for (const sha of page.listed ?? []) {
    const commit = commits.get(sha) ?? 'git does not have its commit object'
    const counts = statistics.get(sha)
    if (typeof commit === 'string') unreachable.push({ subject: sha, because: commit })
    else if (!counts)
      unreachable.push({
        subject: sha,
        because: `git could not compare it with the one before: ${stats.said.slice(0, 200)}`,
      })
    else
      rows.push({
        capture: objects.n,
        pointer: sha,
        body: { ...about, ...bodyOf(commit, commits), ...countsOf(counts, commit) },
      })
  }
  return { rows, unreachable }
}

const countsOf = (counts: { letter: string; files: number; added: number; removed: number }, commit: Commit) => ({
  signature: signatureOf(counts.letter, commit.signed),
  files_changed: counts.files,
  lines_added: counts.added,
  lines_removed: counts.removed,
})

/**
 * The author of a merge is whoever wrote what was merged, and its committer whoever merged it: for a forge that is the
 * person who pressed the button, whom it writes down as author of the merge.
 */
function bodyOf(commit: Commit, commits: ReadonlyMap<string, Commit | string>): Record<string, unknown> {
  const isMerge = commit.parents.length > 1
  const tip = isMerge ? commits.get(commit.parents[1] ?? '') : undefined
  const author = typeof tip === 'object' ? tip.author : commit.author
  const lander = isForge(commit.committer) ? commit.author : commit.committer
  const trailers = reviewTrailers(commit.message)
  const reviewers = trailers.filter((who) => !isNamed(who, author))
  // Nobody can tell whether somebody without an address is another person.
  const isOthers = isMerge && author.email !== '' && !isNamed(lander.email, author)
  const merger = isOthers ? [`${lander.name} <${lander.email}>`] : []
  const change_request = changeRequestIn(commit)
  const squashed = change_request !== null && isForge(commit.committer)
  return {
    sha: commit.sha,
    author_name: author.name,
    author_email: author.email,
    committer_name: lander.name,
    committer_email: lander.email,
    authored_at: author.at,
    landed_at: commit.committer.at,
    is_merge: isMerge,
    is_direct: !isMerge && trailers.length === 0 && !squashed,
    title: commit.title,
    reviewers: [...new Set([...reviewers, ...merger])],
    change_request,
  }
}
