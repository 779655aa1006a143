// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import * as onNode from './bytes.ts'
import * as crcOnNode from './crc32.ts'
import * as hashOnNode from './hash.ts'

/** The modules as they are where there is no Node to find. */
async function inBrowser() {
  const found = Object.getOwnPropertyDescriptor(process, 'getBuiltinModule')! // Node has it
  vi.resetModules()
  Object.defineProperty(process, 'getBuiltinModule', { ...found, value: undefined })
  try {
    return { ...(await import('./bytes.ts')), ...(await import('./hash.ts')), ...(await import('./crc32.ts')) }
  } finally {
    Object.defineProperty(process, 'getBuiltinModule', found)
  }
}

test('without Node, as in a browser, bytes have the same texts, digests and checksums', async () => {
  const { fromBase64, toBase64, sha256, startSha256, crc32 } = await inBrowser()
  expect(crc32).not.toBe(crcOnNode.crc32)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toBase64(bytes)).toBe(onNode.toBase64(bytes))
      expect(onNode.equal(fromBase64(toBase64(bytes)), bytes)).toBe(true)
      expect(onNode.equal(sha256(bytes), hashOnNode.sha256(bytes))).toBe(true)
      const started = startSha256()
      started.update(bytes)
      expect(onNode.equal(started.digest(), hashOnNode.sha256(bytes))).toBe(true)
      expect(crc32(bytes)).toBe(crcOnNode.crc32(bytes))
    }),
  )
})
