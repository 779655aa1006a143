// SPDX-License-Identifier: Apache-2.0
import type { GitPlace } from '../../../lib/git-process.ts'
import { DAY_MS } from '../../../lib/time.ts'
import { SourceTrouble } from '../../../lib/trouble.ts'
import type { About, End, Io, Normalised, Page, ReadAt, Stream } from '../../connector.ts'
import { codeContributor } from '../../kinds/code-contributor.ts'
import { momentOf } from './commit.ts'
import { configOf, findHead, lines, repositoryName, SHALLOW } from './repository.ts'

/** Who wrote commits of the branch within the history that the connection looks back on. */
export const contributors: Stream<GitPlace> = {
  name: 'contributors',
  says: 'Who wrote commits, since when, and whether they sign them',
  kind: codeContributor,
  needs: [
    {
      id: 'repository',
      what: 'Read access to the repository',
      why: 'Whoever writes code should be a known person with the training and the access that go with it.',
    },
  ],
  async *read(io, at): AsyncGenerator<Page, End> {
    const head = await findHead(io)
    if (head.sha === undefined) return { remarks: ['The repository has no commits yet.'] }
    const list = await io.source.run(
      ['log', ...since(io, at), '--no-mailmap', '--format=%H%x00%at%x00%ae%x00%an', head.sha],
      {
        name: 'authors.txt',
      },
    )
    if (list.code !== 0) throw new SourceTrouble('broken', `git cannot list the authors: ${list.said.slice(0, 300)}`)
    const newest = [...authorsIn(lines(list)).values()].map((author) => author.sha)
    if (newest.length === 0) return { remarks: [] }
    const signatures = await io.source.run(['log', '--no-walk=unsorted', '--stdin', '--format=%H %G?'], {
      name: 'signatures.txt',
      input: newest.join('\n') + '\n',
    })
    yield { answers: [list, signatures] }
    return { remarks: [], ...(head.shallow ? { partial: SHALLOW } : {}), cursor: { head: head.sha } }
  },
  async census(io, at, end) {
    const head = end.cursor?.['head']
    if (typeof head !== 'string') return { n: 0, exact: 'exact', how: 'no commit in the window' }
    const counted = await io.source.run(['shortlog', '--summary', ...since(io, at), '--group=format:%ae', head], {
      name: 'census.txt',
    })
    if (counted.code !== 0) return undefined // git before 2.39 cannot group by address
    const addresses = new Set(lines(counted).map((line) => line.replace(/^\s*\d+\t/, '').toLowerCase()))
    return { n: addresses.size, exact: 'exact', how: 'git shortlog, addresses of authors' }
  },
  normalise,
}

function since(io: Io<GitPlace>, at: ReadAt): string[] {
  const from = Date.parse(at.to) - configOf(io.cfg).history_days * DAY_MS
  return [`--since=${Math.floor(from / 1000)}`]
}

interface Author {
  readonly email: string
  name: string
  sha: string
  commits: number
  first: number
  last: number
  readonly line: number
}

function authorsIn(listed: readonly string[]): Map<string, Author> {
  const authors = new Map<string, Author>()
  for (const [n, line] of listed.entries()) {
    const [sha = '', time, address = '', name = ''] = line.split('\0')
    const at = Number(time)
    const email = address.toLowerCase()
    const known = authors.get(email)
    if (!known) {
      authors.set(email, { email, name, sha, commits: 1, first: at, last: at, line: n + 1 })
      continue
    }
    known.commits++
    known.first = Math.min(known.first, at)
    if (at <= known.last) continue
    known.last = at
    known.name = name
    known.sha = sha
  }
  return authors
}

function normalise({ answers }: Page, { cfg }: About): Normalised {
  const [list, signatures] = answers
  if (!list || !signatures) return { rows: [], unreachable: [] }
  const good = new Set(lines(signatures).flatMap((line) => (line.endsWith(' G') ? [line.split(' ')[0]] : [])))
  return {
    unreachable: [],
    rows: [...authorsIn(lines(list)).values()].map((author) => ({
      capture: list.n,
      pointer: `line ${author.line}`,
      body: {
        repository: repositoryName(cfg),
        email: author.email,
        name: author.name,
        commits: author.commits,
        first_at: momentOf(author.first),
        last_at: momentOf(author.last),
        signs: good.has(author.sha),
      },
    })),
  }
}
