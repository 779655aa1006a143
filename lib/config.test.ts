// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { describeConfig, loadConfig } from './config.ts'

/** What is said of settings that are refused, one line for each. */
function faults(env: Record<string, string>): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'BAD_SETTING') return error.message.split('\n')
    throw error
  }
  return []
}
const valueOf = (env: Record<string, string>, name: string): string | undefined =>
  describeConfig(loadConfig(env)).find((setting) => setting.name === name)?.value

test('every setting has a default, and is listed with what it means', () => {
  const listed = describeConfig(loadConfig({}))
  expect(listed.length).toBeGreaterThan(10)
  for (const { name, says } of listed) expect([name, says.length > 10]).toEqual([name, true])
  expect(loadConfig({})).toMatchObject({ publicUrl: 'http://127.0.0.1:4800', contentUrl: 'http://localhost:4801' })
})

test('all settings at fault are named at once, with what was wanted and what came', () => {
  expect(faults({ PORT: 'x', ASSAY_ROLE: 'king', ASSAY_TYPO: '1' })).toEqual([
    'PORT: expected a whole number, got "x"',
    expect.stringMatching(/^ASSAY_ROLE: .*"worker", got "king"$/) as string,
    'ASSAY_TYPO: no such setting; "assay config" lists them',
  ])
})

test('who does a part of the work shares a database with who does the other', () => {
  expect(faults({ ASSAY_ROLE: 'web' })).toEqual([expect.stringContaining('ASSAY_ROLE: expected all') as string])
  expect(faults({ ASSAY_ROLE: 'worker', DATABASE_URL: 'postgresql://db/assay' })).toEqual([])
})

describe('addresses', () => {
  test('files of users come from another host name than the pages, whichever those have', () => {
    for (const HOST of ['127.0.0.1', 'localhost', '0.0.0.0', '::', '::1']) {
      const { publicUrl, contentUrl } = loadConfig({ HOST })
      expect([HOST, new URL(publicUrl).hostname]).not.toEqual([HOST, new URL(contentUrl).hostname])
    }
    expect(faults({ ASSAY_URL: 'https://a.example', ASSAY_CONTENT_URL: 'https://a.example:444' })).toEqual([
      expect.stringContaining('ASSAY_CONTENT_URL: expected another host name') as string,
    ])
  })

  test('a server that others reach says where they reach its second origin', () => {
    expect(faults({ ASSAY_URL: 'https://a.example' })).toEqual([
      expect.stringContaining('ASSAY_CONTENT_URL: expected the address of the second origin') as string,
    ])
    expect(loadConfig({ ASSAY_URL: 'https://a.example/', ASSAY_CONTENT_URL: 'https://files.example/' })).toMatchObject({
      publicUrl: 'https://a.example',
      contentUrl: 'https://files.example',
    })
  })

  test.each(['https://a.example/sub', 'https://u:p@a.example', 'https://a.example?x', 'ftp://a.example', 'a.example'])(
    'the pages live at the root of an http origin, not at %s',
    (ASSAY_URL) => {
      expect(faults({ ASSAY_URL })).toHaveLength(1)
    },
  )

  test('the two origins have a port each', () => {
    expect(faults({ PORT: '65535' })).toEqual([expect.stringContaining('ASSAY_CONTENT_PORT: ') as string])
    expect(faults({ PORT: '5000', ASSAY_CONTENT_PORT: '5000' })).toHaveLength(1)
    expect(loadConfig({ PORT: '65535', ASSAY_CONTENT_PORT: '65534' }).contentUrl).toBe('http://localhost:65534')
  })

  test('a proxy is an address, a range or a known name', () => {
    expect(loadConfig({ ASSAY_TRUST_PROXY: '10.0.0.1, fd00::/8,loopback' }).trustProxy).toHaveLength(3)
    expect(faults({ ASSAY_TRUST_PROXY: 'proxy.example' })[0]).toContain('ASSAY_TRUST_PROXY: expected an address')
  })
})

describe('a password in an address', () => {
  const shown = [
    'postgresql://assay:secret@db/assay',
    'postgresql://assay:se@cr/et:secret@db/assay',
    'postgresql://:secret@db/assay',
    'postgresql://db/assay?user=assay&password=secret',
  ]
  test.each(shown)('is not listed: %s', (DATABASE_URL) => {
    const value = valueOf({ DATABASE_URL }, 'DATABASE_URL')
    expect(value).toContain('…')
    expect(value).toContain('db/assay')
    expect(value).not.toMatch(/secret|cr/)
  })
  test('is not repeated when the address is refused', () => {
    expect(faults({ DATABASE_URL: 'mysql://assay:secret@db/assay' })).toEqual([
      'DATABASE_URL: expected postgresql://…, got "mysql://assay:…@db/assay"',
    ])
  })
  test('of a time-stamp authority is not listed either, and the others still are', () => {
    const value = valueOf({ ASSAY_TSA: 'one=https://u:secret@one.example,two=https://two.example' }, 'ASSAY_TSA')
    expect(value).toMatch(/u:…@one\.example.*two\.example/)
  })
})
