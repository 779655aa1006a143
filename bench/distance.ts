// SPDX-License-Identifier: Apache-2.0
import { createServer, connect, type Socket } from 'node:net'
import type pg from 'pg'

/** A way to a database that is some milliseconds longer, there and back. */
export async function distant(
  to: pg.PoolConfig,
  roundTripMs: number,
): Promise<{ config: pg.PoolConfig; close: () => void }> {
  const open = new Set<Socket>()
  const later = (from: Socket, into: Socket): void => {
    open.add(from)
    from.on('data', (bytes) => setTimeout(() => void into.write(bytes), roundTripMs / 2))
    from.on('close', () => into.destroy())
    // Either end going away ends both: what was measured is over by then.
    from.on('error', () => into.destroy())
  }
  const server = createServer((near) => {
    const far = connect(`${to.host ?? ''}/.s.PGSQL.${to.port ?? 5432}`)
    later(near, far)
    later(far, near)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return {
    config: { ...to, host: '127.0.0.1', port: address.port },
    close() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}
