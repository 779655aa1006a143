// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { loadConfig, type Config } from '../lib/config.ts'
import { Refused } from '../lib/refused.ts'

/** Where something listens. */
interface Address {
  readonly host: string
  readonly port: number
}

/** Why a system gives an address to nobody, in words. */
const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not take that port',
  ENOTFOUND: 'there is no machine of that name',
  EAI_AGAIN: 'nobody could say which machine that name belongs to',
}

/** @throws Refused ADDRESS naming the settings that choose another one */
export async function listenOn(app: FastifyInstance, address: Address, settings: string): Promise<void> {
  await app.listen(address).catch((error: unknown) => {
    throw unheard(error, address, settings)
  })
}

function unheard(error: unknown, { host, port }: Address, settings: string): unknown {
  const why = error instanceof Error && 'code' in error ? WHY[String(error.code)] : undefined
  return why === undefined
    ? error
    : new Refused('ADDRESS', `nothing can listen on port ${port} of ${host}: ${why}; ${settings} choose another`)
}

/**
 * The settings with ports in the place of those that were left to the system, because the addresses that people use are
 * made of them. @throws Refused BAD_SETTING, ADDRESS
 */
export async function settlePorts(env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const { host, port, contentPort } = loadConfig(env)
  if (port !== 0) return loadConfig(env)
  const taken = await freePorts(host, contentPort === 0 ? 2 : 1)
  return loadConfig({ ...env, PORT: String(taken[0]), ASSAY_CONTENT_PORT: String(taken[1] ?? contentPort) })
}

/** Free ports, all different. */
async function freePorts(host: string, wanted: number): Promise<number[]> {
  const servers = Array.from({ length: wanted }, () => createServer())
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((free, failed) => {
            server.once('error', (error) => failed(unheard(error, { host, port: 0 }, 'HOST and PORT')))
            server.listen(0, host, () => {
              const address = server.address()
              free(typeof address === 'object' && address !== null ? address.port : 0)
            })
          }),
      ),
    )
  } finally {
    await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  }
}
