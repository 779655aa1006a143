// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refused } from './refused.ts'

/**
 * Takes a data folder, or one part in its work, for this process. The kernel gives the lock back when the process ends, however it ends, so a
 * killed server never leaves one behind. @throws Refused DATA_IN_USE when another server has the folder
 */
export async function lockFolder(folder: string, part = ''): Promise<{ release(): Promise<void> }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = `assay-${createHash('sha256')
    .update(`${part}${realpathSync(folder)}`)
    .digest('hex')
    .slice(0, 32)}`
  // Linux has socket names outside the file system; elsewhere a socket file stands in.
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`)
  const server = createServer()
  await new Promise<void>((taken, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(
        error.code === 'EADDRINUSE'
          ? new Refused(
              'DATA_IN_USE',
              `another Assay is running on ${folder}${part && ` as ${part}`}; stop it, or set ASSAY_DATA to another folder`,
            )
          : error,
      ),
    )
    server.listen(path, taken)
  })
  server.unref()
  return { release: () => new Promise((done) => server.close(() => done())) }
}
