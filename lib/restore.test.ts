// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeBackupList } from './backup-list.ts'
import { digestAndSync } from './folder.ts'
import { instanceKeyId, keepInstanceKey, readInstanceKey } from './instance-key.ts'
import { Refused } from './refused.ts'
import { restore, type RestoreOptions } from './restore.ts'

const key = Buffer.alloc(32, 3)
let folder: string
let source: string
let restored: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-restore-'))
  source = join(folder, 'backup')
  restored = join(folder, 'restored')
  const files: Record<string, string> = {}
  for (const name of ['blobs/org_1/ab/cd/abcd', 'postgres/PG_VERSION', 'signer/last-signed/a%2Fb']) {
    mkdirSync(dirname(join(source, name)), { recursive: true })
    writeFileSync(join(source, name), `bytes of ${name}`)
    files[name] = (await digestAndSync(join(source, name))).sha256
  }
  mkdirSync(join(source, 'postgres/pg_notify'))
  const folders = ['blobs', 'blobs/org_1', 'blobs/org_1/ab', 'blobs/org_1/ab/cd', 'postgres', 'postgres/pg_notify']
  const named = { id: instanceKeyId(key), file: '/srv/data/instance.key' }
  await writeBackupList(source, { made_at: '2026-03-02T09:00:00.000Z', key: named, ledgers: [], folders, files }, key)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const keyFile = (): string => {
  const file = join(folder, 'safe.key')
  if (!existsSync(file)) keepInstanceKey(file, key)
  return file
}
const broughtBack = (options: Partial<RestoreOptions> = {}) =>
  restore({
    ...{ source, dataDir: restored, keyFile: join(restored, 'instance.key'), givenKey: keyFile() },
    tell: () => undefined,
    ...options,
  })
const refusal = async (work: Promise<unknown>): Promise<[string, string]> => {
  try {
    await work
  } catch (error) {
    if (error instanceof Refused) return [error.code, error.message]
    throw error
  }
  return ['done', '']
}
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.includes('.part'))
const nothing = (): void => expect([existsSync(restored), leftovers()]).toEqual([false, []])

describe('a restore', () => {
  it('gives back every file, and the key in its place', async () => {
    await broughtBack()
    expect(readFileSync(join(restored, 'blobs/org_1/ab/cd/abcd'), 'utf8')).toBe('bytes of blobs/org_1/ab/cd/abcd')
    expect(readInstanceKey(join(restored, 'instance.key'))).toEqual(key)
    expect(statSync(join(restored, 'instance.key')).mode & 0o777).toBe(0o400)
    expect(existsSync(join(restored, 'backup.json'))).toBe(false)
    expect(leftovers()).toEqual([])
  })

  it('takes the key from where the server will look for it', async () => {
    await broughtBack({ keyFile: keyFile(), givenKey: undefined })
    expect(existsSync(join(restored, 'instance.key'))).toBe(false)
  })

  it('puts a given key where the server will look for it', async () => {
    const place = join(folder, 'keys/assay.key')
    await broughtBack({ keyFile: place })
    expect(readInstanceKey(place)).toEqual(key)
  })

  it('without the key says which it was, and where it lay', async () => {
    const [code, says] = await refusal(broughtBack({ givenKey: undefined }))
    expect([code, says]).toEqual(['KEY_NEEDED', expect.stringContaining('/srv/data/instance.key')])
    expect(says).toContain('--key')
    nothing()
  })

  it('with another key is refused, given or in place', async () => {
    const wrong = join(folder, 'wrong.key')
    keepInstanceKey(wrong, Buffer.alloc(32, 4))
    expect((await refusal(broughtBack({ givenKey: wrong })))[0]).toBe('WRONG_KEY')
    expect((await refusal(broughtBack({ keyFile: wrong })))[0]).toBe('WRONG_KEY')
    nothing()
  })

  it.each([
    ['changed', (file: string) => writeFileSync(file, 'other bytes')],
    ['missing', (file: string) => rmSync(file)],
    ['not of the backup', (file: string) => writeFileSync(`${file}.more`, 'slipped in')],
  ])('names a file that is %s, and leaves nothing', async (how, change) => {
    const file = join(source, 'blobs/org_1/ab/cd/abcd')
    chmodSync(file, 0o600)
    change(file)
    const [code, says] = await refusal(broughtBack())
    expect(code).toBe('BACKUP_DAMAGED')
    expect(says).toMatch(new RegExp(`blobs/org_1/ab/cd/abcd\\S* \\(${how}\\)`))
    nothing()
  })

  it.each([
    ['a link', (place: string) => symlinkSync('/etc/hostname', place)],
    ['a link to a folder', (place: string) => symlinkSync('/etc', place)],
    ['a pipe', (place: string) => void execFileSync('mkfifo', [place])],
  ])('follows nothing: %s is refused by name', async (_, make) => {
    make(join(source, 'blobs/org_1/slipped-in'))
    expect(await refusal(broughtBack())).toEqual(['NOT_A_FILE', expect.stringContaining('blobs/org_1/slipped-in')])
    nothing()
  })

  it.each([
    ['is missing', () => undefined],
    ['was cut off', (text: string) => text.slice(0, 500)],
    ['is something else', () => '[]'],
    ['is of another format', (text: string) => text.replace('assay-backup/2', 'assay-backup/1')],
    ['names a way out of the folder', (text: string) => text.replace('"folders": [', '"folders": ["../../etc", ')],
    ['lacks a part', (text: string) => text.replace('"made_at"', '"made"')],
  ])('says clearly when the list %s', async (_, change) => {
    const file = join(source, 'backup.json')
    const changed = change(readFileSync(file, 'utf8'))
    if (changed === undefined) rmSync(file)
    else writeFileSync(file, changed)
    expect((await refusal(broughtBack()))[0]).toBe('NOT_A_BACKUP')
    nothing()
  })

  it('refuses a list that somebody without the key wrote to fit changed files', async () => {
    const file = join(source, 'backup.json')
    const list = JSON.parse(readFileSync(file, 'utf8')) as { files: Record<string, string> }
    writeFileSync(join(source, 'slipped-in'), '')
    list.files['slipped-in'] = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    writeFileSync(file, JSON.stringify(list))
    expect(await refusal(broughtBack())).toEqual(['BACKUP_DAMAGED', expect.stringContaining('backup.json')])
    nothing()
  })

  it('makes the empty folders again that a store of objects forgets', async () => {
    rmSync(join(source, 'postgres/pg_notify'), { recursive: true })
    await broughtBack()
    expect(readdirSync(join(restored, 'postgres/pg_notify'))).toEqual([])
  })

  it('overwrites no data, and takes an empty folder', async () => {
    mkdirSync(restored)
    writeFileSync(join(restored, 'mine'), 'kept')
    expect((await refusal(broughtBack()))[0]).toBe('DATA_EXISTS')
    expect(readdirSync(restored)).toEqual(['mine'])
    rmSync(join(restored, 'mine'))
    await broughtBack()
    expect(existsSync(join(restored, 'postgres/PG_VERSION'))).toBe(true)
  })

  it('throws away what a killed one left behind', async () => {
    mkdirSync(`${restored}.assay.part`)
    writeFileSync(`${restored}.assay.part/half`, 'half')
    await broughtBack()
    expect([existsSync(join(restored, 'half')), leftovers()]).toEqual([false, []])
  })
})
