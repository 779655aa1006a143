// SPDX-License-Identifier: Apache-2.0
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRunning, type Running } from '../e2e/running.ts'
import { openApi, setUp, until, type Api } from './api.ts'

/** A server that is killed with kill -9 while a file comes in, or while it becomes evidence; the client tries again. */

const dataDir = mkdtempSync(join(tmpdir(), 'assay-uploads-'))
let server: Running
let key = ''
let api: Api
const start = async (): Promise<void> => {
  server = await startRunning({ dataDir })
  key ||= await setUp(server)
  api = openApi(server.url, key)
}
beforeAll(start)
afterAll(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const LENGTH = 3_000_000
/** A form with one file, as bytes. */
const formOf = (bytes: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('--edge\r\ncontent-disposition: form-data; name="file"; filename="scan.bin"\r\n\r\n'),
    bytes,
    Buffer.from('\r\n--edge--\r\n'),
  ])

/** Sends the head of an upload and the first `length` bytes of its body, and no more. */
async function sendPart(body: Buffer, length: number): Promise<Socket> {
  const { port } = new URL(server.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined)
  await new Promise((done) => socket.once('connect', done))
  socket.write(
    `POST /api/v1/uploads HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: multipart/form-data; boundary=edge\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  await new Promise((done) => socket.write(body.subarray(0, length), done))
  return socket
}

const evidence = async (): Promise<unknown[]> =>
  (await api.query('evidence.list', { limit: 500 })).body['rows'] as unknown[]

describe('a file that comes in', () => {
  test.each([0.01, 0.5, 0.99])(
    'when %d of it were there and the server is killed, is sent again and is one record',
    async (share) => {
      const file = randomBytes(LENGTH)
      const before = await evidence()
      const body = formOf(file)
      const socket = await sendPart(body, Math.floor(body.length * share))
      await new Promise((over) => setTimeout(over, 30))
      await server.stop('SIGKILL')
      socket.destroy()
      await start()
      expect(await evidence()).toEqual(before)
      const received = await api.upload('scan.bin', file)
      expect(received.body).toMatchObject({ size_bytes: LENGTH, sha256: hash('sha256', file) })
      const attach = { upload: received.body['id'], source: `share ${share}` }
      expect((await api.command('evidence.attach', attach, randomUUID())).status).toBe(200)
      expect(await evidence()).toHaveLength(before.length + 1)
    },
  )

  test('in pieces, slowly, many at once, and cut off by its sender, is whole or not there at all', async () => {
    const files = Array.from({ length: 6 }, () => randomBytes(200_000))
    const answers = await Promise.all(
      files.map(async (file) => {
        const body = formOf(file)
        const socket = await sendPart(body, 1000)
        let answer = ''
        socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
        for (let at = 1000; at < body.length; at += 40_000) {
          await new Promise((over) => setTimeout(over, Math.random() * 20))
          socket.write(body.subarray(at, at + 40_000))
        }
        await until(() => answer.includes('sha256'))
        socket.destroy()
        return /"sha256":"(\w+)"/.exec(answer)?.[1]
      }),
    )
    expect(answers).toEqual(files.map((file) => hash('sha256', file)))
    const cut = await sendPart(formOf(files[0]!), 100_000)
    cut.destroy()
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})

describe('a file that becomes evidence', () => {
  test.each([0, 8, 20, 60, 150])(
    'when the server is killed %d ms after it was asked, and is asked again with the same key, is one record',
    async (ms) => {
      const file = randomBytes(LENGTH)
      const before = await evidence()
      const { body } = await api.upload('minutes.bin', file)
      const attach = { upload: body['id'], source: `killed after ${ms}` }
      const once = randomUUID()
      const asked = api.command('evidence.attach', attach, once).catch(() => undefined)
      await new Promise((over) => setTimeout(over, ms))
      await server.stop('SIGKILL')
      const first = await asked
      await start()
      const again = await api.command('evidence.attach', attach, once)
      expect(again.status).toBe(200)
      if (first?.status === 200) expect(again.body).toEqual(first.body)
      expect(await evidence()).toHaveLength(before.length + 1)
      await until(async () => (await api.query('ledger.status')).body['pending'] === 0)
      expect((await api.query('ledger.check')).body).toMatchObject({ is_intact: true, findings: [] })
    },
  )
})
