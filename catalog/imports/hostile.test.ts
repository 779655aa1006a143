// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readApart } from './testdata/reading.ts'
import { finding, sarifLog, testResult, xccdfFile } from './testdata/reports.ts'

const withDoctype = (subset: string, use = ''): string =>
  xccdfFile(testResult({ results: [['a', 'pass']] }).replace('<target>', `<target>${use}`)).replace(
    '<Benchmark',
    `<!DOCTYPE Benchmark ${subset}><Benchmark`,
  )

/** The shapes of the OWASP XML external entity and entity expansion corpus. */
const BOMBS = {
  'a billion laughs': withDoctype(
    `[<!ENTITY l0 "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')}]`,
    '&l9;',
  ),
  'quadratic blow-up': withDoctype(`[<!ENTITY big "${'x'.repeat(100_000)}">]`, '&big;'.repeat(1000)),
  'a file by entity': withDoctype('[<!ENTITY f SYSTEM "file:///etc/passwd">]', '&f;'),
  'parameter entities': withDoctype('[<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]'),
  'an external DTD': withDoctype('SYSTEM "http://127.0.0.1:9/evil.dtd"'),
  'a public DTD': withDoctype('PUBLIC "-//X//Y" "http://127.0.0.1:9/evil.dtd"'),
} as const

describe('a hostile file', () => {
  it.each(Object.entries(BOMBS))('with %s is refused at its DOCTYPE, at once', async (_name, file) => {
    const started = performance.now()
    await expect(readApart('xccdf', file)).rejects.toMatchObject({
      code: 'FILE_HOSTILE',
      message: expect.stringContaining('DOCTYPE'),
    })
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('never makes the server call anybody', async () => {
    let calls = 0
    const canary = createServer(() => void calls++)
    await new Promise<void>((listening) => canary.listen(0, '127.0.0.1', listening))
    const { port } = canary.address() as { port: number }
    const file = withDoctype(`[<!ENTITY f SYSTEM "http://127.0.0.1:${port}/">]`, '&f;')
    await expect(readApart('xccdf', file)).rejects.toMatchObject({ code: 'FILE_HOSTILE' })
    canary.close()
    expect(calls).toBe(0)
  })

  it('with an entity that nobody defined is malformed', async () => {
    await expect(readApart('xccdf', xccdfFile(testResult({ host: '&secret;' })))).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
    })
  })

  it('that nests without end is refused', async () => {
    await expect(readApart('xccdf', xccdfFile('<a>'.repeat(100_000)))).rejects.toMatchObject({
      code: 'FILE_HOSTILE',
      message: expect.stringContaining('nests deeper'),
    })
    await expect(readApart('ocsf', `[{"class_uid":${'['.repeat(1_000_000)}`)).rejects.toMatchObject({
      code: 'FILE_HOSTILE',
    })
    await expect(readApart('sarif', `{"runs":[{"results":[${'{"a":'.repeat(100_000)}`)).rejects.toMatchObject({
      code: 'FILE_HOSTILE',
    })
  })

  it('with a thousand attributes, a huge one or a huge text is refused', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `a${i}="1"`).join(' ')
    for (const part of [
      `<x ${many}/>`,
      `<x a="${'1'.repeat(100_000)}"/>`,
      `<TestResult><target>${'x'.repeat(2_000_000)}</target></TestResult>`,
    ])
      await expect(readApart('xccdf', xccdfFile(part))).rejects.toMatchObject({ code: 'FILE_HOSTILE' })
  })

  it('with one endless value is refused without holding it', async () => {
    const endless = `[${JSON.stringify(finding()).slice(0, -1)},"x":"${'y'.repeat(20 * 1024 * 1024)}`
    await expect(readApart('ocsf', endless)).rejects.toMatchObject({
      code: 'FILE_HOSTILE',
      message: expect.stringContaining('larger than'),
    })
  })

  it('that takes too much memory or time ends with the thread, not with the server', async () => {
    const slow = JSON.stringify(Array.from({ length: 50_000 }, (_, i) => finding({ resource: String(i) })))
    await expect(readApart('ocsf', slow, {}, { deadline_ms: 20_000, memory_mb: 16 })).rejects.toMatchObject({
      code: 'FILE_TOO_LARGE_TO_READ',
    })
    await expect(readApart('ocsf', slow, {}, { deadline_ms: 20, memory_mb: 512 })).rejects.toMatchObject({
      code: 'FILE_TOO_SLOW',
    })
  })

  it('with members named __proto__ changes nothing', async () => {
    const poisoned = JSON.stringify([finding()]).replace(
      '"cloud":{',
      '"__proto__":{"polluted":true},"cloud":{"__proto__":{"account":{"uid":"evil"}},',
    )
    const [one] = await readApart('ocsf', poisoned)
    expect(one?.rows[0]?.body['account']).toBe('100000000001')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('that is not JSON after all is malformed, and says where', async () => {
    await expect(readApart('ocsf', '[{"class_uid":2004}, oops]')).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
      message: expect.stringContaining('oops'),
    })
    await expect(readApart('sarif', '{"version":"2.1.0","runs":[{"results":[1]}]}')).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
    })
    await expect(readApart('sarif', JSON.stringify(sarifLog([])).replace('{', '{,'))).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
    })
  })
})
