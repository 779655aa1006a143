// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import type { TableOptions } from '../import.ts'
import { csv } from './csv.ts'
import { readTableHead, suggestMappings } from './table-head.ts'
import { asUtf8 } from './text-encoding.ts'
import { OPTIONS, pieces, read, readApart } from './testdata/reading.ts'

const PEOPLE = `id,name,email,type,title,manager,started_on,ended_on
1,Ada,ada@example.org,employee,Engineer,,2024-01-08,
2,Bob,bob@example.org,Contractor,,Ada,2025-05-01,2026-02-28
`
const same = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name]))
const people = (more: Partial<TableOptions> = {}): { table: TableOptions } => ({
  table: {
    kind: 'person',
    columns: same('id', 'name', 'email', 'type', 'title', 'manager', 'started_on', 'ended_on'),
    constants: {},
    ...more,
  },
})
const accounts: TableOptions = {
  kind: 'user-account',
  columns: { account: 'login', status: 'state', mfa: 'two factor', is_admin: 'admin', last_sign_in: 'last login' },
  constants: { system: 'ticketing' },
}

describe('a table', () => {
  it('gives a row of the kind for each record, empty cells as null where the kind allows', async () => {
    const [one] = await read(csv, PEOPLE, people())
    expect(one).toMatchObject({
      outcome: 'complete',
      listed: 2,
      census: { n: 2, exact: 'exact' },
      reconciliation: 'equal',
      observed_at: null,
    })
    expect(one?.rows.map(({ body }) => body)).toMatchObject([
      { id: '1', title: 'Engineer', manager: null, started_on: '2024-01-08', ended_on: null },
      { id: '2', type: 'contractor', title: null, ended_on: '2026-02-28' },
    ])
    expect(one?.rows.map(({ pointer }) => pointer)).toEqual(['line 2', 'line 3'])
  })

  it('holds what the preparer declared against what is there', async () => {
    expect((await read(csv, PEOPLE, people({ declared_rows: 2 })))[0]).toMatchObject({
      outcome: 'complete',
      census: { n: 2, exact: 'attested', how: 'declared by Ann Example' },
    })
    expect((await read(csv, PEOPLE, people({ declared_rows: 3 })))[0]).toMatchObject({
      outcome: 'partial',
      why: 'Ann Example declared 3 rows, the file has 2',
      reconciliation: 'mismatch',
    })
  })

  it('without a preparer or a mapping is not read', async () => {
    await expect(read(csv, PEOPLE, { ...people(), prepared_by: '' })).rejects.toMatchObject({ code: 'PREPARER_NEEDED' })
    await expect(read(csv, PEOPLE)).rejects.toMatchObject({ code: 'MAPPING_NEEDED' })
    await expect(read(csv, PEOPLE, people({ columns: { id: 'no such' } }))).rejects.toMatchObject({
      code: 'MAPPING_WRONG',
      pointer: '/table/columns/id',
    })
    await expect(read(csv, PEOPLE, people({ columns: { wings: 'id' } }))).rejects.toMatchObject({
      code: 'MAPPING_WRONG',
      message: expect.stringContaining('got wings'),
    })
    await expect(read(csv, PEOPLE, people({ columns: same('id', 'name') }))).rejects.toMatchObject({
      message: 'email of person needs a column or a constant',
    })
  })

  it('keeps line ends inside cells, and points to all lines of the record', async () => {
    const text =
      'login;state;two factor;admin;last login\r\n"ann ""the\r\nhammer""";enabled;yes;no;Never\r\n\r\nbob;suspended;0;1;2026-03-01 10:00\r\n'
    const [one] = await read(csv, text, { table: accounts })
    expect(one).toMatchObject({ outcome: 'complete', collected: 2 })
    expect(
      one?.rows.map(({ body, pointer }) => [
        body['account'],
        body['status'],
        body['mfa'],
        body['last_sign_in'],
        pointer,
      ]),
    ).toEqual([
      ['ann "the\r\nhammer"', 'active', true, null, 'lines 2-3'],
      ['bob', 'disabled', false, '2026-03-01T10:00:00.000Z', 'line 5'],
    ])
  })

  it('takes a formula as the text it is', async () => {
    const [one] = await read(csv, PEOPLE.replace('Ada,', '"=HYPERLINK(""http://evil.example"")",'), people())
    expect(one?.rows[0]?.body['name']).toBe('=HYPERLINK("http://evil.example")')
  })

  it('says of each row that does not fit which cell is wrong, and is a part', async () => {
    const text = `${PEOPLE}3,Cy,cy@example.org,robot,,,2024-01-01,\n4,Di,,employee,,,2024-01-01,\n5,Ed,ed@example.org,employee,,,03/04/2024,\n1,Ada again,a@example.org,employee,,,2024-01-01,\n6,too,few\n`
    const [one] = await read(csv, text, people())
    expect(one).toMatchObject({ outcome: 'partial', listed: 7, collected: 2, why: '5 rows do not fit the kind person' })
    expect(one?.unreachable).toEqual([
      { subject: 'line 4', because: 'type should be one of employee, contractor, is "robot"' },
      { subject: 'line 5', because: 'email is empty' },
      { subject: 'line 6', because: 'started_on should be a day such as 2026-03-31, is "03/04/2024"' },
      { subject: 'line 7', because: 'it is about the same as line 2: Ada again' },
      { subject: 'line 8', because: 'it has 3 cells where the headers are 8' },
    ])
  })

  it('of which no row fits is refused with the first reason, for then the mapping is wrong', async () => {
    await expect(
      read(csv, PEOPLE, people({ columns: { ...people().table.columns, started_on: 'name' } })),
    ).rejects.toMatchObject({
      code: 'MAPPING_WRONG',
      message: 'no row fits the kind person: line 2 started_on should be a day such as 2026-03-31, is "Ada"',
    })
  })

  it('without rows is empty only when somebody declares it', async () => {
    const headers = `${PEOPLE.split('\n')[0]}\n`
    await expect(read(csv, headers, people())).rejects.toMatchObject({ code: 'NOTHING_FOUND' })
    expect((await read(csv, headers, people({ declared_rows: 0 })))[0]).toMatchObject({
      outcome: 'complete',
      listed: 0,
      census: { n: 0 },
    })
  })

  it('that ends inside a quoted cell was cut', async () => {
    await expect(read(csv, `${PEOPLE}3,"half`, people())).rejects.toMatchObject({ code: 'FILE_TRUNCATED' })
  })

  it.each(['utf-8', 'utf-16le', 'utf-16be'] as const)(
    'in %s with a byte order mark is read, whatever the size of the pieces',
    async (encoding) => {
      const text = `\uFEFF${PEOPLE.replace('Bob', 'Bøb 🦊').replaceAll(',', '\t')}`
      const little = Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'utf16le')
      const bytes = encoding === 'utf-16be' ? little.swap16() : little
      for (const size of [7, 4096]) {
        const [one] = await csv.read(asUtf8(pieces(bytes, size)), { ...OPTIONS, ...people() })
        expect(one?.rows.map(({ body }) => body['name'])).toEqual(['Ada', 'Bøb 🦊'])
      }
      expect((await readApart('csv', bytes, people()))[0]).toMatchObject({ collected: 2 })
    },
  )

  it('suggests what it may be from its headers', () => {
    const head = readTableHead(
      Buffer.from(
        'Employee ID;Full Name;Work Email;Employment Type;Start Date;Termination Date\n1;A;a@example.org;FTE;2024-01-01;\n',
      ),
    )
    expect(head).toMatchObject({ delimiter: ';', rows: [['1', 'A', 'a@example.org', 'FTE', '2024-01-01', '']] })
    expect(suggestMappings(head.headers)[0]).toEqual({
      kind: 'person',
      columns: {
        id: 'Employee ID',
        name: 'Full Name',
        email: 'Work Email',
        type: 'Employment Type',
        started_on: 'Start Date',
        ended_on: 'Termination Date',
      },
      missing: [],
    })
  })
})
