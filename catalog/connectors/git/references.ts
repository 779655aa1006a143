// SPDX-License-Identifier: Apache-2.0
import type { GitPlace } from '../../../lib/git-process.ts'
import type { Answer } from '../../../lib/recorder.ts'
import { SourceTrouble } from '../../../lib/trouble.ts'
import type { About, End, Io, Normalised, Page, Stream } from '../../connector.ts'
import { codeBranch } from '../../kinds/code-branch.ts'
import { codeTag } from '../../kinds/code-tag.ts'
import { isAuthentic, momentOf, objectsIn, signatureOf } from './commit.ts'
import { branchIn, findHead, lines, notARepository, repositoryName, text } from './repository.ts'

const NEED = {
  id: 'repository',
  what: 'Read access to the repository',
  why: 'Branches and releases show what is being worked on and what was handed out.',
}

/** Fields of one line, apart by a character that no reference or address can hold. */
const FIELDS = '%00'

export const branches: Stream<GitPlace> = {
  name: 'branches',
  says: 'Branches and where they point',
  kind: codeBranch,
  needs: [NEED],
  async *read(io): AsyncGenerator<Page, End> {
    const head = await findHead(io)
    const format = ['%(refname)', '%(objectname)', '%(committerdate:unix)', '%(authoremail:trim)'].join(FIELDS)
    const list = await io.source.run(['for-each-ref', `--format=${format}`, 'refs/heads'], { name: 'branches.txt' })
    if (list.code !== 0) throw notARepository(io.cfg, list)
    if (head.sha === undefined) return { remarks: ['The repository has no commits yet.'] }
    const merged = await io.source.run(['for-each-ref', '--format=%(refname)', `--merged=${head.sha}`, 'refs/heads'], {
      name: 'merged.txt',
    })
    if (merged.code !== 0)
      throw new SourceTrouble('broken', `git cannot tell which branches are merged: ${merged.said.slice(0, 300)}`)
    yield { answers: [...head.answers, list, merged] }
    return { remarks: [] }
  },
  census: (io) => count(io, 'refs/heads/'),
  normalise({ answers }, { cfg }): Normalised {
    const list = answer(answers, 'branches.txt')
    const merged = answer(answers, 'merged.txt')
    if (!list || !merged) return { rows: [], unreachable: [] }
    const inDefault = new Set(lines(merged))
    const main = branchIn(answers, cfg)
    return {
      unreachable: [],
      rows: lines(list).map((line, n) => {
        const [ref = '', sha, at, email] = line.split('\0')
        const name = ref.replace(/^refs\/heads\//, '')
        return {
          capture: list.n,
          pointer: `line ${n + 1}`,
          body: {
            repository: repositoryName(cfg),
            name,
            is_default: name === main,
            head_sha: sha,
            head_at: momentOf(Number(at)),
            merged: inDefault.has(ref),
            author_email: email,
          },
        }
      }),
    }
  },
}

export const tags: Stream<GitPlace> = {
  name: 'tags',
  says: 'Tags, which usually mark releases, and their signatures',
  kind: codeTag,
  needs: [NEED],
  async *read(io): AsyncGenerator<Page, End> {
    const format = ['%(refname)', '%(objecttype)', '%(objectname)', '%(*objectname)'].join(FIELDS)
    const list = await io.source.run(['for-each-ref', `--format=${format}`, 'refs/tags'], { name: 'tags.txt' })
    if (list.code !== 0) throw notARepository(io.cfg, list)
    const annotated = lines(list).flatMap((line) => {
      const [, type, sha] = line.split('\0')
      return type === 'tag' && sha !== undefined ? [sha] : []
    })
    if (annotated.length === 0) {
      yield { answers: [list] }
      return { remarks: [] }
    }
    const input = annotated.join('\n') + '\n'
    const objects = await io.source.run(['cat-file', '--batch'], { name: 'tag-objects.txt', input })
    const signed = [...objectsIn(objects.bytes)].flatMap(([sha, { bytes }]) => (isSigned(bytes) ? [sha] : []))
    const verdicts: Answer[] = []
    // Every signed tag is a process of its own; the newest are looked at, the others stay untrusted.
    for (const sha of signed.slice(-MOST_VERIFIED))
      verdicts.push(await io.source.run(['verify-tag', '--raw', sha], { name: `signature-${sha.slice(0, 12)}.txt` }))
    yield { answers: [list, objects, ...verdicts] }
    return {
      remarks:
        signed.length > MOST_VERIFIED
          ? [
              `Only the newest ${MOST_VERIFIED} of ${signed.length} signed tags were verified; the others show as untrusted.`,
            ]
          : [],
    }
  },
  census: (io) => count(io, 'refs/tags/'),
  normalise: normaliseTags,
}

const MOST_VERIFIED = 300

const answer = (answers: readonly Answer[], name: string): Answer | undefined =>
  answers.find((candidate) => candidate.name === name)

const isSigned = (tag: Buffer): boolean => /^-----BEGIN (PGP|SSH) SIGNATURE-----$/m.test(tag.toString('latin1'))

/** The references under a prefix, from `show-ref`, which walks them by itself. */
async function count(io: Io<GitPlace>, prefix: string) {
  const all = await io.source.run(['show-ref'], { name: 'census.txt' })
  // Exit 1 without a word: there are none.
  if (all.code !== 0 && (all.code !== 1 || all.said !== '')) return undefined
  const n = lines(all).filter((line) => line.split(' ')[1]?.startsWith(prefix)).length
  return { n, exact: 'exact' as const, how: `git show-ref, lines under ${prefix}` }
}

function normaliseTags({ answers }: Page, { cfg }: About): Normalised {
  const list = answer(answers, 'tags.txt')
  if (!list) return { rows: [], unreachable: [] }
  const objectsAnswer = answer(answers, 'tag-objects.txt')
  const objects = objectsIn(objectsAnswer?.bytes ?? Buffer.alloc(0))
  const rows: Normalised['rows'][number][] = []
  const unreachable: { subject: string; because: string }[] = []
  for (const [n, line] of lines(list).entries()) {
    const [ref = '', type, sha = '', target = ''] = line.split('\0')
    const name = ref.replace(/^refs\/tags\//, '')
    const common = { repository: repositoryName(cfg), name }
    const at = { capture: list.n, pointer: `line ${n + 1}` }
    if (type !== 'tag') {
      const plain = { annotated: false, tagger_email: null, tagged_at: null, signature: 'none' }
      rows.push({ ...at, body: { ...common, target_sha: sha, ...plain } })
      continue
    }
    const object = objects.get(sha)
    if (!object || !isAuthentic(sha, object.type, object.bytes)) {
      unreachable.push({ subject: `${common.repository} ${name}`, because: 'git does not have its tag object' })
      continue
    }
    const verdict = answer(answers, `signature-${sha.slice(0, 12)}.txt`)
    rows.push({ ...at, body: { ...common, target_sha: target, annotated: true, ...taggedBy(object.bytes, verdict) } })
  }
  return { rows, unreachable }
}

function taggedBy(bytes: Buffer, verdict: Answer | undefined) {
  const tagger = /^tagger .*?<([^>\n]*)> (-?\d+) [+-]\d{4}$/m.exec(bytes.toString('utf8'))
  return {
    tagger_email: tagger?.[1] ?? null,
    tagged_at: (tagger && momentOf(Number(tagger[2]))) ?? null,
    signature: signatureOf(letterOf(verdict), isSigned(bytes)),
  }
}

/** The verdict of `verify-tag` as the letter that `%G?` would give. */
function letterOf(verdict: Answer | undefined): string {
  if (!verdict) return 'N'
  const said = `${verdict.said}\n${text(verdict)}`
  if (/\bBADSIG\b|incorrect signature/i.test(said)) return 'B'
  if (/\bNO_PUBKEY\b|\bERRSIG\b|No principal matched|EXPKEYSIG|REVKEYSIG|EXPSIG/.test(said)) return 'U'
  return verdict.code === 0 && /\bGOODSIG\b|^Good "git" signature for /m.test(said) ? 'G' : 'U'
}
