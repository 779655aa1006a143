// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { SourceTrouble } from './trouble.ts'

/** Which addresses connections may reach. */
export interface EgressRule {
  /** Whether private, loopback and carrier addresses are allowed; link-local, metadata and multicast ones never are. */
  readonly allowPrivate: boolean
}

/** How names become addresses; tests bring their own. */
export type Resolve = (host: string) => Promise<readonly string[]>

export const resolveByDns: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map((answer) => answer.address)

/** Metadata services of clouds that live outside the link-local range (AWS over IPv6, Alibaba, Oracle). */
const METADATA: ReadonlySet<string> = new Set(['fd00:ec2::254', '100.100.100.200', '192.0.0.192'])
const PRIVATE: ReadonlySet<string> = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat'])

/** Why an address may not be reached, in words; `undefined` when it may. Addresses inside addresses are unwrapped. */
export function forbiddenAddress(text: string, rule: EgressRule): string | undefined {
  if (!ipaddr.isValid(text)) return 'is no address'
  let address = ipaddr.parse(text.split('%')[0]!) // a zone such as %eth0 is no part of the address
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) address = address.toIPv4Address()
  const plain = address.toString()
  if (METADATA.has(plain)) return 'is the metadata service of a cloud'
  const range = address.range()
  if (range === 'linkLocal') return 'is link-local, where the metadata services of clouds live'
  if (range === 'unicast') return undefined
  if (PRIVATE.has(range))
    return rule.allowPrivate ? undefined : 'is private, and ASSAY_ALLOW_PRIVATE_NETWORK forbids private addresses'
  return `is not an address of one machine (${range})`
}

/**
 * Resolves a host once and gives the one address to connect to. A name any of whose addresses is forbidden is refused
 * whole: it could be another one at the next look.
 * @throws SourceTrouble forbidden, unreachable
 */
export async function checkedAddress(host: string, rule: EgressRule, resolve: Resolve = resolveByDns): Promise<string> {
  const bare = host.replace(/^\[|\]$/g, '')
  const addresses = isIP(bare) ? [bare] : await resolved(bare, resolve)
  for (const address of addresses) {
    const why = forbiddenAddress(address, rule)
    if (why) throw new SourceTrouble('forbidden', `${host} may not be reached: its address ${address} ${why}`)
  }
  const first = addresses[0]
  if (first === undefined) throw new SourceTrouble('unreachable', `there is no host named ${host}`)
  return first
}

async function resolved(host: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(host)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOTFOUND' || code === 'EAI_NODATA')
      throw new SourceTrouble('unreachable', `there is no host named ${host}`, { cause: error })
    if (code === 'EAI_AGAIN')
      throw new SourceTrouble('unreachable', `the name ${host} cannot be looked up just now`, { cause: error })
    throw error
  }
}
