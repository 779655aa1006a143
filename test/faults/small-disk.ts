// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Real file systems of a chosen size, seen by those who enter; they are gone when the last has left. */
export interface SmallDisks {
  /** Words that run a command where the disks are. */
  readonly enter: readonly string[]
  /** Where a path of theirs is seen from outside. */
  outside(path: string): string
  /** Takes all room of the disk at a path but so many kilobytes. */
  fill(path: string, leaveKb: number): void
  /** Gives it back. */
  free(path: string): void
  close(): Promise<void>
}

const OWN_NAMESPACE = ['--user', '--map-root-user', '--mount']

/**
 * Mounts file systems in memory, in a namespace of their own: nobody else sees them, and no rights are needed where the
 * kernel lets everybody make user namespaces. @throws where neither that nor root's right to mount is given
 */
export async function mountSmallDisks(
  disks: readonly { readonly path: string; readonly mb: number }[],
): Promise<SmallDisks> {
  const flags = spawnSync('unshare', [...OWN_NAMESPACE, 'true']).status === 0 ? OWN_NAMESPACE : ['--mount']
  const mounts = disks.map(({ path, mb }) => `mkdir -p '${path}' && mount -t tmpfs -o size=${mb}m tmpfs '${path}'`)
  const holder = spawn('unshare', [...flags, 'sh', '-c', `${mounts.join(' && ')} && echo mounted && exec sleep 600`])
  await mounted(holder)
  const outside = (path: string): string => join(`/proc/${holder.pid}/root`, path)
  const ballast = (path: string): string => join(outside(path), 'ballast')
  const user = flags.includes('--user') ? ['--preserve-credentials', '--user'] : []
  return {
    enter: ['nsenter', ...user, '--mount', `--wd=${process.cwd()}`, '--target', String(holder.pid), '--'],
    outside,
    fill(path, leaveKb) {
      const { bavail, bsize } = statfsSync(outside(path))
      writeFileSync(ballast(path), Buffer.alloc(Math.max(0, bavail * bsize - leaveKb * 1024)))
    },
    free(path) {
      if (existsSync(ballast(path))) rmSync(ballast(path))
    },
    async close() {
      holder.kill('SIGKILL')
      await new Promise((done) => holder.once('close', done))
    },
  }
}

async function mounted(holder: ChildProcess): Promise<void> {
  let said = ''
  holder.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await new Promise<void>((ready, failed) => {
    holder.stdout?.once('data', () => ready())
    holder.once('close', () =>
      failed(new Error(`a disk of a chosen size needs user namespaces, or root that may mount: ${said}`)),
    )
  })
}
