// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkedAddress, forbiddenAddress } from './egress.ts'

const open = { allowPrivate: true }
const closed = { allowPrivate: false }

describe('an address a connection may reach', () => {
  test.each(['93.184.216.34', '2606:2800:220:1::1'])('%s is public', (address) => {
    expect(forbiddenAddress(address, closed)).toBeUndefined()
  })
  test.each(['127.0.0.1', '10.1.2.3', '192.168.0.1', '172.16.0.1', '100.64.0.1', '::1', 'fd12::1', '::ffff:10.0.0.1'])(
    '%s is private: allowed for one’s own systems, not where that is forbidden',
    (address) => {
      expect(forbiddenAddress(address, open)).toBeUndefined()
      expect(forbiddenAddress(address, closed)).toMatch(/private/)
    },
  )
  test.each([
    ...['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe'],
    ...['fd00:ec2::254', '100.100.100.200', '192.0.0.192', '0.0.0.0', '::', '255.255.255.255', '224.0.0.1', 'ff02::1'],
    ...[
      '64:ff9b::a9fe:a9fe',
      '2002:a9fe:a9fe::1',
      '2001:0:a9fe:a9fe::1',
      '240.0.0.1',
      '192.0.2.1',
      '2001:db8::1',
      'nonsense',
    ],
  ])('%s is never reached', (address) => {
    expect(forbiddenAddress(address, open)).toBeTruthy()
  })
  test('no address of the link-local networks gets through, however it is written', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), (a, b) => {
        const hex = ((a << 8) | b).toString(16)
        for (const text of [
          `169.254.${a}.${b}`,
          `::ffff:169.254.${a}.${b}`,
          `::ffff:a9fe:${hex}`,
          `64:ff9b::a9fe:${hex}`,
        ])
          expect(forbiddenAddress(text, open)).toBeTruthy()
      }),
    )
  })
})

describe('a host', () => {
  test('is looked up once, and its first address is the one to connect to', async () => {
    let looked = 0
    const resolve = async () => (looked++, ['10.0.0.1', '10.0.0.2'])
    expect(await checkedAddress('db.example.com', open, resolve)).toBe('10.0.0.1')
    expect(looked).toBe(1)
  })
  test('one of whose addresses is forbidden is refused whole', async () => {
    const resolve = async () => ['93.184.216.34', '169.254.169.254']
    await expect(checkedAddress('db.example.com', open, resolve)).rejects.toThrow(/169.254.169.254 is link-local/)
  })
  test('given as an address is not looked up', async () => {
    const resolve = async () => Promise.reject(new Error('looked up'))
    expect(await checkedAddress('[::1]', open, resolve)).toBe('::1')
    await expect(checkedAddress('[::ffff:169.254.169.254]', open, resolve)).rejects.toThrow(/may not be reached/)
  })
  test('that does not exist is said so', async () => {
    const missing = async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
    await expect(checkedAddress('no.example.com', open, missing)).rejects.toThrow(
      'there is no host named no.example.com',
    )
    await expect(checkedAddress('no.example.com', open, async () => [])).rejects.toThrow(/no host/)
  })
})
