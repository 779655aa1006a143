// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from './ids.ts'
import { openInbox, type Inbox } from './inbox.ts'

const org = newId('org', 0)
let folder: string
let inbox: Inbox
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-inbox-'))
  inbox = openInbox(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

const receive = (name: string, bytes: string | Buffer, check: () => void = () => undefined) =>
  inbox.receive(org, 'usr_a', name, Readable.from([Buffer.from(bytes)]), new Date('2026-03-02T09:00:00Z'), check)

test('a received file is found by its id, with its size, hash and type', async () => {
  const kept = await receive('people.csv', 'name,email\n')
  expect(kept).toMatchObject({
    name: 'people.csv',
    by: 'usr_a',
    size_bytes: 11,
    media_type: 'text/plain',
    sha256: hash('sha256', 'name,email\n', 'hex'),
  })
  const found = await inbox.find(org, kept.id)
  expect(found).toEqual(kept)
  expect(readFileSync(found.path, 'utf8')).toBe('name,email\n')
})

test.each(['../../etc/passwd', 'upl_x', '', `upl_${'0'.repeat(26)}`, `upl_${'0'.repeat(24)}/.`])(
  '%j is no upload',
  async (id) => {
    await expect(inbox.find(org, id)).rejects.toMatchObject({ code: 'UNKNOWN_UPLOAD', status: 404 })
  },
)

test('a file of another organisation is not found', async () => {
  const kept = await receive('a.csv', 'a')
  await expect(inbox.find(newId('org', 1), kept.id)).rejects.toMatchObject({ code: 'UNKNOWN_UPLOAD' })
  await expect(inbox.find('../' + org, kept.id)).rejects.toMatchObject({ code: 'UNKNOWN_UPLOAD' })
})

test('an empty file, one that is refused on the way, and one that breaks off leave nothing behind', async () => {
  const before = readdirSync(join(folder, 'inbox', org)).length
  await expect(receive('a.csv', '')).rejects.toMatchObject({ code: 'FILE_EMPTY' })
  const refuse = (): never => {
    throw new Error('too large')
  }
  await expect(receive('a.csv', 'abc', refuse)).rejects.toThrow('too large')
  const broken = new Readable({
    read() {
      this.destroy(new Error('the line is gone'))
    },
  })
  await expect(inbox.receive(org, 'usr_a', 'a', broken, new Date(), () => undefined)).rejects.toThrow(
    'the line is gone',
  )
  expect(readdirSync(join(folder, 'inbox', org))).toHaveLength(before)
})

test('what nobody used for a day is removed', async () => {
  const old = await receive('old.csv', 'a')
  const young = await receive('young.csv', 'a')
  const now = new Date()
  utimesSync(old.path, now, new Date(now.getTime() - 25 * 3_600_000))
  expect(await inbox.sweep(now)).toBe(1)
  await expect(inbox.find(org, old.id)).rejects.toMatchObject({ code: 'UNKNOWN_UPLOAD' })
  expect((await inbox.find(org, young.id)).id).toBe(young.id)
})
