// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Refused } from './refused.ts'

/**
 * Takes a data folder for this process. The kernel gives the lock back when the process ends, however it ends, so a
 * killed server never leaves one behind. @throws Refused DATA_IN_USE when another server has the folder
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = `assay-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)}`
  // Linux has socket names outside the file system; elsewhere a socket file stands in.
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`)
  const server = createServer()
  await new Promise<void>((taken, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(
        error.code === 'EADDRINUSE'
          ? new Refused(
              'DATA_IN_USE',
              `another Assay is running on ${folder}; stop it, or set ASSAY_DATA to another folder`,
            )
          : error,
      ),
    )
    server.listen(path, taken)
  })
  server.unref()
  return { release: () => new Promise((done) => server.close(() => done())) }
}

/**
 * The instance's key: 32 bytes that seal the keys of every organisation. Made at the first start, readable by its owner
 * only. Without it the sealed keys and the evidence cannot be opened. @throws Refused BAD_KEY_FILE
 */
export function instanceKey(file: string): Buffer {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, randomBytes(32).toString('hex') + '\n', { mode: 0o400, flag: 'wx', flush: true })
  }
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Refused('BAD_KEY_FILE', `expected 64 hex digits in ${file}, got something else`)
  chmodSync(file, 0o400)
  return Buffer.from(text, 'hex')
}
