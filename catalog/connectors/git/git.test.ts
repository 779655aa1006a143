// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ADA,
  BEN,
  connect,
  FORGE,
  look,
  repository,
  resultsOf,
  runAgain,
  type Repository,
} from '../../../test/sources.ts'
import { createWorld, type World } from '../../../test/world.ts'
import { evidenceActions } from '../../../features/evidence/evidence.actions.ts'

// Level L1: real repositories, read by the real git.

let world: World
let repo: Repository
let keys: string
beforeAll(async () => {
  world = await createWorld()
  keys = mkdtempSync(join(tmpdir(), 'assay-keys-'))
  for (const name of ['known', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, name)])
})
afterAll(async () => {
  rmSync(keys, { recursive: true, force: true })
  await world.close()
})

async function factsOf(id: string, kind: string): Promise<Record<string, Record<string, unknown>>> {
  const { rows } = await world.perform('evidence.facts', evidenceActions['evidence.facts'], {
    kind,
    source: id,
    limit: 200,
  })
  return Object.fromEntries(rows.map((row) => [String(row.body['title'] ?? row.body['name']), row.body]))
}

describe('changes of a branch', () => {
  let id: string
  let changes: Record<string, Record<string, unknown>>
  beforeAll(async () => {
    repo = repository()
    repo.commit('Begin', { text: 'one\ntwo\n', at: '2026-02-01T10:00:00Z' })
    repo.commit('Straight to main', { text: 'one\n', at: '2026-02-02T10:00:00Z' })
    repo.commit(
      'With a trailer\n\nWhy.\n\nReviewed-by: Ben Brown <ben@example.com>\nSigned-off-by: Ada <a@example.com>',
    )
    repo.commit('Reviewed by its own author\n\nReviewed-by: Ada Adams <ADA@example.com>')
    repo.commit('A trailer in the middle is prose\n\nReviewed-by: Ben Brown <ben@example.com>\n\nThe end.')
    repo.merge('shop', 'Merge pull request #42 from acme/shop', { by: ADA }, { by: BEN })
    repo.merge('self', 'Merge branch self\n\nSee merge request acme/app!7', { by: ADA }, { by: ADA })
    repo.merge('button', 'Merge pull request #43 from acme/button', { by: ADA }, { by: BEN, committer: FORGE })
    repo.commit('Squashed by the forge (#44)', { by: ADA, committer: FORGE })
    repo.commit('Signed by somebody we know', { sign: join(keys, 'known') })
    repo.commit('Signed by a stranger', { sign: join(keys, 'stranger') })
    const allowed_signers = `ada@example.com ${readFileSync(join(keys, 'known.pub'), 'utf8')}`
    id = await connect(world, { connector: 'git', config: { location: repo.path, allowed_signers } })
    changes = await factsOf(id, 'code-change')
  })
  afterAll(() => repo.remove())

  test('are listed one by one, and the source’s own count agrees', async () => {
    const { changes: result } = resultsOf(await look(world, id))
    expect(result).toMatchObject({ outcome: 'complete', listed: 11, collected: 11, reconciliation: 'equal' })
    expect(result?.census).toMatchObject({ n: 11, exact: 'exact' })
  })
  test('a push past the agreed path shows as direct and unreviewed', () => {
    expect(changes['Straight to main']).toMatchObject({
      is_direct: true,
      is_merge: false,
      reviewers: [],
      lines_removed: 1,
    })
  })
  test('a review trailer by another person counts, one by the author or in the middle of the text does not', () => {
    expect(changes['With a trailer']).toMatchObject({ is_direct: false, reviewers: ['Ben Brown <ben@example.com>'] })
    expect(changes['Reviewed by its own author']).toMatchObject({ reviewers: [] })
    expect(changes['A trailer in the middle is prose']).toMatchObject({ is_direct: true, reviewers: [] })
  })
  test('whoever merges another’s work has reviewed it; merging one’s own is no review', () => {
    expect(changes['Merge pull request #42 from acme/shop']).toMatchObject({
      is_merge: true,
      is_direct: false,
      author_email: ADA.email,
      committer_email: BEN.email,
      reviewers: ['Ben Brown <ben@example.com>'],
      change_request: '#42',
    })
    expect(changes['Merge branch self']).toMatchObject({ reviewers: [], change_request: '!7' })
  })
  test('a merge by a forge is by the person who pressed its button', () => {
    expect(changes['Merge pull request #43 from acme/button']).toMatchObject({
      committer_email: BEN.email,
      reviewers: ['Ben Brown <ben@example.com>'],
    })
    expect(changes['Squashed by the forge (#44)']).toMatchObject({
      is_direct: false,
      change_request: '#44',
      reviewers: [],
    })
  })
  test('a signature is good only by a key that the connection names', () => {
    expect(changes['Signed by somebody we know']).toMatchObject({ signature: 'good' })
    expect(changes['Signed by a stranger']).toMatchObject({ signature: 'untrusted' })
    expect(changes['Begin']).toMatchObject({ signature: 'none' })
  })
  test('a merge counts what it brought to the branch', () => {
    expect(changes['Merge pull request #42 from acme/shop']).toMatchObject({ files_changed: 1, lines_added: 1 })
  })
  test('branches say which are merged, authors whether they sign', async () => {
    repo.git('checkout', '--quiet', '-b', 'open')
    repo.commit('Not merged', { by: BEN })
    repo.git('checkout', '--quiet', 'main')
    await runAgain(world, id)
    const branches = await factsOf(id, 'code-branch')
    expect(branches['main']).toMatchObject({ is_default: true, merged: true, author_email: ADA.email })
    expect(branches['shop']).toMatchObject({ is_default: false, merged: true })
    expect(branches['open']).toMatchObject({ merged: false, author_email: BEN.email })
    const people = await factsOf(id, 'code-contributor')
    expect(people['Ada Adams']).toMatchObject({ email: 'ada@example.com', signs: false })
    expect(people['Ben Brown']).toMatchObject({ commits: 2, signs: false })
  })
  test('tags say who made them and whether their signature holds', async () => {
    repo.git('tag', 'light')
    repo.git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'tag', '-a', '-m', 'x', 'annotated')
    const sign = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${join(keys, 'known')}`]
    repo.git(...sign, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'tag', '-s', '-m', 'x', 'v1')
    const { tags } = resultsOf(await runAgain(world, id))
    expect(tags).toMatchObject({ outcome: 'complete', collected: 3, reconciliation: 'equal' })
    const found = await factsOf(id, 'code-tag')
    expect(found['light']).toMatchObject({ annotated: false, tagger_email: null, signature: 'none' })
    expect(found['annotated']).toMatchObject({ annotated: true, tagger_email: 'ada@example.com', signature: 'none' })
    expect(found['v1']).toMatchObject({ annotated: true, signature: 'good' })
  })
})

describe('reading again', () => {
  test('brings what is new since, whatever date it claims, and nothing twice', async () => {
    const repo = repository()
    repo.many(60)
    const id = await connect(world, { connector: 'git', config: { location: repo.path } })
    expect(resultsOf(await look(world, id))['changes']).toMatchObject({ collected: 60, begun: 60 })
    repo.commit('Dated before everything', { at: '2001-01-01T00:00:00Z' })
    const { changes } = resultsOf(await runAgain(world, id))
    expect(changes).toMatchObject({ outcome: 'complete', collected: 51, begun: 1, reconciliation: 'equal' })
    expect(changes?.remarks.join()).toContain('1 new changes claim a date before')
    repo.remove()
  })
  test('a rewritten history is seen, said, and read anew', async () => {
    const repo = repository()
    repo.commit('Kept')
    const lost = repo.commit('Will be gone')
    const id = await connect(world, { connector: 'git', config: { location: repo.path } })
    repo.git('reset', '--hard', '--quiet', 'HEAD~1')
    repo.commit('In its place')
    const { changes } = resultsOf(await runAgain(world, id))
    expect(changes).toMatchObject({ outcome: 'complete', collected: 2, begun: 1, ended: 0 })
    expect(changes?.remarks.join()).toContain(
      `History was rewritten: ${lost} was the head of main at the last reading and is no longer part of it; 1 changes`,
    )
    expect(Object.keys(await factsOf(id, 'code-change'))).toContain('Will be gone')
    repo.remove()
  })
  test('a first reading goes back as far as asked, past changes that claim false dates', async () => {
    const repo = repository()
    repo.commit('Long ago', { at: '2020-01-01T00:00:00Z' })
    repo.commit('Inside', { at: '2026-02-20T00:00:00Z' })
    repo.commit('Claims to be old', { at: '2019-01-01T00:00:00Z' })
    repo.commit('Newest', { at: '2026-02-25T00:00:00Z' })
    const id = await connect(world, { connector: 'git', config: { location: repo.path, history_days: 60 } })
    const { changes } = resultsOf(await look(world, id))
    expect(changes).toMatchObject({ outcome: 'complete', collected: 3, reconciliation: 'equal' })
    expect(Object.keys(await factsOf(id, 'code-change')).toSorted()).toEqual(['Claims to be old', 'Inside', 'Newest'])
    repo.remove()
  })
})
