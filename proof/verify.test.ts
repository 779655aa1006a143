// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { filesFrom } from './bundle-files.ts'
import { fromUtf8, toBase64, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { encodeLeaf, parseLeaf } from './leaf.ts'
import { verifierKey } from './note.ts'
import { testAuthority } from './testdata/authority.ts'
import { newCollector, ORIGIN, SmallLog, smallBundle, usualLog, type BundleOptions } from './testdata/small-log.ts'
import { encodeEntries } from './tile.ts'
import { openBundle, verifyBundle, type Verdict, type VerifyOptions } from './verify.ts'

const authority = testAuthority()

async function verdictsOn(log: SmallLog, options: BundleOptions, how: VerifyOptions = {}) {
  const verdicts: Verdict[] = []
  const files = await openBundle(await smallBundle(log, options))
  const summary = await verifyBundle(files, how, (verdict) => verdicts.push(verdict))
  const wrong = verdicts.filter(({ ok }) => !ok)
  expect(summary).toMatchObject({ verdicts: verdicts.length, failures: wrong.length, ok: wrong.length === 0 })
  return { summary, verdicts, wrong: wrong.map(({ check, subject, got }) => `${check} ${subject}: ${got}`) }
}

/** What is wrong with the usual bundle after an exporter changed its payload, then listed and sealed it. */
async function changed(
  change: (files: Map<string, Uint8Array>, log: SmallLog) => void,
  more: Partial<BundleOptions> = {},
) {
  const { log, options } = usualLog()
  const { wrong } = await verdictsOn(log, {
    ...options,
    authority,
    stamps: [5],
    change: (files) => change(files, log),
    ...more,
  })
  return wrong.join('\n')
}
const edit = (files: Map<string, Uint8Array>, name: string, change: (text: string) => string): void =>
  void files.set(name, utf8(change(fromUtf8(files.get(name)!))))
const first = 'data/evidence/IAM-01/col_1'

describe('a whole bundle is accepted', () => {
  test('and its summary says what it holds', async () => {
    const { log, options } = usualLog()
    const { summary, verdicts } = await verdictsOn(log, { ...options, authority, stamps: [4, 5, 8] })
    expect(summary).toMatchObject({
      ok: true,
      evidence: 3,
      erased: 1,
      log: { origin: ORIGIN, size: 9, key: log.vkey },
      pinned: { key: false, tsa: false },
      stamps: [{ size: 4 }, { size: 5 }, { size: 8 }, { size: 9, authority: 'Test Stamps' }],
    })
    expect(verdicts.filter(({ check }) => check === 'erased').map(({ got }) => got)).toEqual([
      'erased by leaf 7: "request of the person"',
    ])
    expect(verdicts.find(({ check }) => check === 'stream')?.got).toBe('5 streams without a gap')
  })

  test('against the key and the roots that the reader brings', async () => {
    const { log, options } = usualLog()
    const { summary } = await verdictsOn(log, { ...options, authority }, { key: log.vkey, tsa: authority.ca })
    expect(summary).toMatchObject({ ok: true, pinned: { key: true, tsa: true } })
  })

  test('without a time-stamp, saying so', async () => {
    const { log, options } = usualLog()
    const { summary, verdicts } = await verdictsOn(log, options)
    expect(summary).toMatchObject({ ok: true, stamps: [] })
    expect(verdicts.find(({ check }) => check === 'time')?.got).toContain('claimed by the log alone')
  })

  test('with a log of more than one tile, at every kind of size', async () => {
    for (const size of [255, 256, 257, 520]) {
      const log = new SmallLog()
      while (log.size < size) log.append({ kind: 'audit', stream: `audit ${log.size % 3}` })
      const { summary } = await verdictsOn(log, { evidence: [], authority, stamps: [3, 254] })
      expect(summary).toMatchObject({ ok: true, log: { size }, evidence: 0 })
    }
  })

  test('with a statement without an anchor, and an item whose reason for erasure is missing', async () => {
    const log = new SmallLog()
    const index = log.append({ kind: 'evidence', stream: 'users', files: [{ name: 'a', bytes: utf8('a') }] })
    const target = `sha256:${log.leaves[index]!.manifest}`
    const erasure = log.append({ kind: 'erasure', stream: 'erasures', predicate: { target } })
    const { verdicts, summary } = await verdictsOn(log, { evidence: [{ index, folder: 'A/a', erasure }] })
    expect(summary.ok).toBe(true)
    expect(verdicts.find(({ check }) => check === 'erased')?.got).toContain('no reason given')
  })
})

describe('somebody who lists and seals what they changed is found out', () => {
  test('a file of the evidence', async () => {
    expect(await changed((files) => edit(files, `${first}/files/0-users.json`, (text) => `${text} `))).toMatch(
      /^file data\/evidence\/IAM-01\/col_1\/files\/0-users\.json/,
    )
  })

  test('a file left out, and one put in', async () => {
    expect(await changed((files) => files.delete(`${first}/files/0-users.json`))).toContain('no such file')
    expect(await changed((files) => files.set(`${first}/files/9-more.json`, utf8('x')))).toContain('another one')
    expect(await changed((files) => files.set('data/evidence/IAM-01/att_1/files/x', utf8('x')))).toBe(
      'file data/evidence/IAM-01/att_1/files/x: a file',
    )
    expect(await changed((files) => files.set('data/evidence/unassigned/col_2/files/x', utf8('x')))).toBe(
      'file data/evidence/unassigned/col_2/files/x: a file',
    )
    expect(await changed((files) => files.set('data/evidence/IAM-01/col_9/files/x', utf8('x')))).toBe(
      'leaf data/evidence/IAM-01/col_9/files/x: none',
    )
  })

  test('a statement', async () => {
    const name = `${first}/manifest.dsse.json`
    expect(
      await changed((files) => files.set(name, files.get('data/evidence/IAM-01/att_1/manifest.dsse.json')!)),
    ).toContain(`manifest ${name}`)
    expect(await changed((files) => edit(files, name, (text) => text.replace('"payload"', ' "payload"')))).toContain(
      'expected canonical JSON',
    )
  })

  test('a statement taken away', async () => {
    expect(await changed((files) => files.delete(`${first}/manifest.dsse.json`))).toContain('neither')
  })

  test('a leaf, its proof, or its place', async () => {
    expect(
      await changed((files) => edit(files, `${first}/leaf.json`, (text) => text.replace('"n":0', '"n":1'))),
    ).toContain('does not lead to the root')
    expect(
      await changed((files) =>
        edit(files, `${first}/leaf.json.tlog-proof`, (text) => text.replace('index 3', 'index 2')),
      ),
    ).toContain('does not lead to the root')
    expect(
      await changed((files, log) =>
        edit(files, `${first}/leaf.json.tlog-proof`, (text) => text.replace(log.checkpoint(), log.checkpoint(8))),
      ),
    ).toContain('got another')
    expect(await changed((files) => files.delete(`${first}/leaf.json.tlog-proof`))).toContain('got none')
  })

  test('an entry of the log, a tile, and a missing one', async () => {
    expect(
      await changed((files) => {
        const entries = Buffer.from(files.get('data/log/tile/entries/000.p/9')!)
        files.set(
          'data/log/tile/entries/000.p/9',
          Buffer.from(entries.toString('latin1').replace('"n":0', '"n":7'), 'latin1'),
        )
      }),
    ).toContain('expected the hashes of the entries')
    expect(
      await changed((files) => {
        const tile = Uint8Array.from(files.get('data/log/tile/0/000.p/9')!)
        tile[5]! ^= 1
        files.set('data/log/tile/0/000.p/9', tile)
      }),
    ).toContain('expected the hashes of the entries')
    expect(await changed((files) => files.delete('data/log/tile/0/000.p/9'))).toContain('tree data/log/tile')
    expect(await changed((files) => files.set('data/log/tile/entries/000.p/9', utf8('x')))).toContain(
      'tree data/log/tile',
    )
  })

  test('an erasure', async () => {
    const folder = 'data/evidence/unassigned/col_2'
    const names = ['leaf.json', 'leaf.json.tlog-proof', 'manifest.dsse.json']
    expect(
      await changed((files) => {
        for (const name of names)
          files.set(`${folder}/erasure/${name}`, files.get(`data/evidence/IAM-01/att_1/${name}`)!)
      }),
    ).toContain('erased data/evidence/unassigned/col_2/erasure: one of undefined')
    expect(await changed((files) => files.delete(`${folder}/erasure/manifest.dsse.json`))).toContain('one of undefined')
    expect(await changed((files) => files.delete(`${folder}/erasure/leaf.json`))).toContain('neither')
  })

  test('the key of the log, and files of keys', async () => {
    const other = verifierKey(ORIGIN, generateKeyPairSync('ed25519').publicKey)
    expect(await changed((files) => edit(files, 'data/trust/log.vkey', (text) => `${text}${other}\n`))).toBe(
      `key data/trust/log.vkey: ${other}`,
    )
    expect(await changed((files) => edit(files, 'data/trust/log.vkey', () => `${other}\n`))).toContain(
      'checkpoint data/log/checkpoint',
    )
    const pem = newCollector().pem
    expect(await changed((files) => files.set('data/trust/log.pub.pem', utf8(pem)))).toContain(
      'key data/trust/log.pub.pem',
    )
    expect(await changed((files) => files.set('data/trust/collectors/0.pem', utf8(pem)))).toContain(
      'key data/trust/collectors/0.pem',
    )
    expect(await changed((files) => files.set('data/trust/collectors/0.pem', utf8('x')))).toContain('BEGIN PUBLIC KEY')
  })

  test('the announcements of keys', async () => {
    const hidden = (index: number) => (files: Map<string, Uint8Array>) => {
      for (const name of [...files.keys()]) if (name.startsWith(`data/trust/keys/${index}/`)) files.delete(name)
    }
    expect(await changed(hidden(5))).toContain('key data/trust/keys/5: none for this one')
    expect(await changed(hidden(1))).toContain('key data/trust/log.vkey')
    expect(await changed(hidden(2))).toContain('signature')
    expect(
      await changed((files) => {
        for (const name of ['leaf.json', 'leaf.json.tlog-proof', 'manifest.dsse.json'])
          files.set(`data/trust/keys/3/${name}`, files.get(`${first}/${name}`)!)
      }),
    ).toContain('key data/trust/keys/3: none')
    expect(await changed((files) => files.set('data/trust/keys/1/manifest.dsse.json', utf8('x')))).toContain(
      'manifest data/trust/keys/1',
    )
    expect(await changed((files) => files.delete('data/trust/keys/1/leaf.json.tlog-proof'))).toContain(
      'leaf data/trust/keys/1',
    )
  })

  test('the checkpoint, an earlier one, and what leads from it', async () => {
    expect(
      await changed((files) => edit(files, 'data/log/checkpoint', (text) => text.replace('\n9\n', '\n8\n'))),
    ).toContain('checkpoint data/log/checkpoint')
    expect(await changed((files) => files.delete('data/log/checkpoint'))).toContain('checkpoint data/log/checkpoint')
    expect(
      await changed((files) => files.set('data/log/stamps/5/checkpoint', files.get('data/log/checkpoint')!)),
    ).toContain('expected an earlier checkpoint')
    expect(await changed((files) => files.delete('data/log/stamps/5/checkpoint'))).toContain('expected a checkpoint')
    expect(await changed((files) => files.delete('data/log/stamps/5/consistency'))).toContain(
      'tree data/log/stamps/5/consistency',
    )
    expect(
      await changed((files, log) => files.set('data/log/stamps/5/consistency', utf8(`${toBase64(log.root())}\n`))),
    ).toContain('expected a proof from 5 to 9')
  })

  test('a fork: an earlier checkpoint that the log signed and does not continue', async () => {
    const fork = (files: Map<string, Uint8Array>, log: SmallLog): void => {
      const real = log.hashes[4]!
      log.hashes[4] = log.hashes[3]!
      files.set('data/log/stamps/5/checkpoint', utf8(log.checkpoint(5)))
      log.hashes[4] = real
    }
    expect(await changed(fork)).toMatch(/tree data\/log\/stamps\/5\/checkpoint/)
  })

  test('a time-stamp, or the roots it rests on', async () => {
    const other = testAuthority()
    const stamp = (files: Map<string, Uint8Array>) => other.stamp(files.get('data/log/checkpoint')!, '20260302120000Z')
    expect(await changed((files) => files.set('data/log/checkpoint.test.tsr', stamp(files)))).toContain(
      'time data/log/checkpoint.test.tsr',
    )
    expect(await changed((files) => files.set('data/log/checkpoint.test.tsr', utf8('x')))).toContain(
      'time data/log/checkpoint.test.tsr',
    )
    expect(await changed((files) => files.delete('data/trust/tsa/test.pem'))).toContain('data/trust/tsa/test.pem')
  })

  test('a bundle of another author, its own key and roots inside, does not pass for ours', async () => {
    const { log, options } = usualLog()
    const foreign = usualLog()
    const { wrong } = await verdictsOn(
      foreign.log,
      { ...foreign.options, authority: testAuthority() },
      { key: log.vkey, tsa: authority.ca },
    )
    expect(wrong.map((line) => line.split(' ')[0])).toEqual(['pinned', 'time'])
    expect(options.evidence).toHaveLength(3)
  })

  test('a file that has no place in the format', async () => {
    const { log, options } = usualLog()
    const files = await openBundle(await smallBundle(log, options))
    const more = filesFrom([...files.names, 'data/extra.txt', 'extra.txt'], (name) =>
      name.includes('extra') ? files.open('data/README.md') : files.open(name),
    )
    const wrong: string[] = []
    await verifyBundle(more, {}, ({ ok, check, subject }) => void (ok || wrong.push(`${check} ${subject}`)))
    expect(wrong).toEqual(['layout data/extra.txt', 'layout extra.txt', 'payload data/extra.txt'])
  })
})

describe('the log itself is held to its rules', () => {
  const bundleOf = async (log: SmallLog, index: number): Promise<string> =>
    (await verdictsOn(log, { evidence: [{ index, folder: 'A/a' }] })).wrong.join('\n')

  test('a statement must be signed by a collector that was announced before', async () => {
    const stranger = new SmallLog()
    expect(
      await bundleOf(stranger, stranger.append({ kind: 'evidence', stream: 's', signer: newCollector() })),
    ).toContain('signature data/evidence/A/a/manifest.dsse.json: no valid one')
    const early = new SmallLog()
    const next = newCollector()
    const index = early.append({ kind: 'evidence', stream: 's', signer: next })
    early.announce({ purpose: 'collector', id: next.id, public: next.pem })
    early.collectors.push(next)
    expect(await bundleOf(early, index)).toContain('signature data/evidence/A/a')
  })

  test('a key that announces itself announces nothing', async () => {
    const log = new SmallLog()
    const next = newCollector()
    log.announce({ purpose: 'collector', id: next.id, public: next.pem }, next)
    const wrong = await bundleOf(log, log.append({ kind: 'evidence', stream: 's', signer: next }))
    expect(wrong).toContain('signature data/trust/keys/3')
    expect(wrong).toContain('signature data/evidence/A/a')
  })

  test('an announcement that names no key of ours announces nothing', async () => {
    const log = new SmallLog()
    log.announce({ purpose: 'collector', id: 1, public: 'x' })
    log.announce({ purpose: 'collector', id: log.collector.id, public: newCollector().pem })
    expect(await bundleOf(log, log.append({ kind: 'evidence', stream: 's' }))).toBe('')
  })

  test.each([
    [
      'kind',
      (statement: Record<string, unknown>) => (statement['predicateType'] = 'https://assay.dev/attestation/attest/v1'),
    ],
    [
      'number',
      (statement: Record<string, unknown>) => ((statement['predicate'] as { ledger: { n: number } }).ledger.n = 7),
    ],
    [
      'stream',
      (statement: Record<string, unknown>) =>
        ((statement['predicate'] as { ledger: { stream: string } }).ledger.stream = 'st_x'),
    ],
    [
      'time',
      (statement: Record<string, unknown>) =>
        ((statement['predicate'] as { ledger: { claimedAt: string } }).ledger.claimedAt = 'then'),
    ],
  ])('a statement of another %s than its leaf is refused', async (_, change) => {
    const log = new SmallLog()
    expect(await bundleOf(log, log.append({ kind: 'evidence', stream: 's', change }))).toContain(
      'expected evidence 0 at',
    )
  })

  test('a statement that names a tree of other leaves, or one after it, is refused', async () => {
    const anchor = (size: number, root: string) => (statement: Record<string, unknown>) =>
      ((statement['predicate'] as { ledger: { anchor: unknown } }).ledger.anchor = { size, root })
    for (const [size, root] of [
      [2, 'another root'],
      [8, 'one to come'],
      [0, 'none'],
    ] as const) {
      const log = new SmallLog()
      const index = log.append({ kind: 'evidence', stream: 's', change: anchor(size, root) })
      expect(await bundleOf(log, index)).toContain('anchor data/evidence/A/a')
    }
  })

  test('a stream with a gap, and one that does not name its leaf before, are found', async () => {
    for (const broken of [{ n: 5 }, { previous: '0'.repeat(64) }]) {
      const log = new SmallLog()
      log.append({ kind: 'audit', stream: 'audit' })
      const index = log.append({ kind: 'audit', stream: 'audit' })
      const kept = log.leaves[index]!
      const leaf = encodeLeaf({ ...parseLeaf(kept.leaf), ...broken })
      log.leaves[index] = { ...kept, leaf }
      const { leafHash } = await import('./hash.ts')
      log.hashes[index] = leafHash(leaf)
      const { wrong } = await verdictsOn(log, { evidence: [] })
      expect(wrong).toHaveLength(1)
      expect(wrong[0]).toMatch(/^stream st_/)
    }
  })

  test('an entry that is no leaf of ours is found', async () => {
    const log = new SmallLog()
    const index = log.append({ kind: 'audit', stream: 'audit' })
    const { leafHash } = await import('./hash.ts')
    const leaf = utf8('{"not":"a leaf"}')
    log.leaves[index] = { ...log.leaves[index]!, leaf }
    log.hashes[index] = leafHash(leaf)
    expect((await verdictsOn(log, { evidence: [] })).wrong.join()).toContain('expected the members')
    expect(encodeEntries([leaf]).length).toBe(leaf.length + 2)
  })

  test('a checkpoint of another root than the entries give is found', async () => {
    const log = new SmallLog()
    const honest = log.hashes[2]!
    log.hashes[2] = log.hashes[1]!
    const checkpoint = log.checkpoint()
    log.hashes[2] = honest
    expect((await verdictsOn(log, { evidence: [], checkpoint })).wrong.join('\n')).toContain('expected the root')
  })
})

describe('the seal', () => {
  const seal = async (more: Partial<BundleOptions>): Promise<string> => {
    const { log, options } = usualLog()
    return (await verdictsOn(log, { ...options, ...more })).wrong.join('\n')
  }

  test('must be by a registered collector, over these very lists', async () => {
    expect(await seal({ sealer: newCollector() })).toMatch(/^seal manifest-sha256\.dsse\.json: no valid one/)
    expect(await seal({ changeSeal: (text) => text.replace('/bundle/', '/evidence/') })).toContain('seal')
    expect(
      await seal({ changeSeal: (text) => text.replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${'0'.repeat(64)}"`) }),
    ).toContain('got others for bag-info.txt')
    expect(await seal({ changeSeal: () => canonicalJson({}) })).toContain('seal')
  })
})

describe('reading', () => {
  test('a key or roots that cannot be read are refused before anything is said', async () => {
    const { log, options } = usualLog()
    const files = await openBundle(await smallBundle(log, options))
    await expect(verifyBundle(files, { key: 'x' })).rejects.toThrow(/name\+id\+key/)
    await expect(verifyBundle(files, { tsa: 'x' })).rejects.toThrow(/BEGIN CERTIFICATE/)
  })

  test('a zip that was packed again is refused unless the reader allows it', async () => {
    const { log, options } = usualLog()
    const files = await openBundle(await smallBundle(log, options))
    const repacked = filesFrom(files.names.toReversed(), (name) => files.open(name), false)
    expect(await verifyBundle(repacked, {})).toMatchObject({ ok: false, failures: 1 })
    expect(await verifyBundle(repacked, { repacked: true })).toMatchObject({ ok: true })
  })
})
