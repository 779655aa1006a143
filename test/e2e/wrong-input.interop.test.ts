// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { arfFile, testResult } from '../../catalog/imports/testdata/reports.ts'
import { createLogger } from '../../lib/log.ts'
import { startPostgres, type Postgres } from '../../lib/postgres.ts'
import { SCOPE } from '../programme.ts'
import { repository, type Repository } from '../sources.ts'
import { barriersOf, choose, enrol, openBrowser, openPage, picture } from './browser.ts'
import { discard, freePort, startRunning, type Running } from './running.ts'

/** Somebody else's PostgreSQL, where a role logs in with its password. */
async function startTheirs(folder: string): Promise<{ server: Postgres; port: number }> {
  chmodSync(folder, 0o755)
  const hba = join(folder, 'hba.conf')
  writeFileSync(hba, 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n')
  const port = await freePort()
  const server = await startPostgres({
    dataDir: join(folder, 'data'),
    log: createLogger({ level: 'silent' }),
    settings: { listen_addresses: '127.0.0.1', port: String(port), hba_file: hba },
  })
  const owner = new pg.Client({ ...server.connection('owner'), port })
  await owner.connect()
  await owner.query(`create role reader login password 'the-right-word'`)
  await owner.end()
  return { server, port }
}

describe('whoever types something wrong reads what it was, where it was, and loses nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-theirs-'))
  let server: Running
  let theirs: { server: Postgres; port: number }
  let code: Repository
  let browser: Browser
  let page: Page

  /** The page says it aloud, has no barrier, and looks as it should. */
  const says = async (name: string, words: RegExp): Promise<void> => {
    await page.getByText(words).first().waitFor()
    expect(await barriersOf(page)).toEqual([])
    await picture(page, `wrong-${name}`)
  }
  const command = (operation: string, input: unknown): Promise<number> =>
    page.evaluate(
      async ([path, body]) => {
        const headers = { 'content-type': 'application/json' }
        return (await fetch(path ?? '', { method: 'POST', headers, body: body ?? '' })).status
      },
      [`/api/v1/${operation}`, JSON.stringify(input)],
    )

  beforeAll(async () => {
    server = await startRunning()
    theirs = await startTheirs(folder)
    code = repository()
    code.commit('Begin')
    browser = await openBrowser()
    page = await openPage(browser)
  }, 120_000)
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'wrong-failed')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await theirs?.server.stop()
    code?.remove()
    discard(server)
    rmSync(folder, { recursive: true, force: true })
  })

  test('a password that is too short', async () => {
    await page.goto(server.setupLink)
    await page.getByLabel('Organisation').fill('Nimbus')
    await page.getByLabel('Your name').fill('Ada Lind')
    await page.getByLabel('Email address').fill('ada@nimbus.example')
    await page.getByLabel('Password').fill('too-short')
    await page.getByRole('button', { name: 'Continue' }).click()
    await says('password', /12/)
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByLabel('Organisation').inputValue()).toBe('Nimbus')
    await page.getByLabel('Password').fill('nimbus-lantern-42-quarry')
    await page.getByRole('button', { name: 'Continue' }).click()
  })

  test('a code that the authenticator does not show', async () => {
    const shown = await page.locator('code').first().innerText()
    await page.getByLabel('Code the app shows now').fill('000000')
    await page.getByRole('button', { name: 'Continue' }).click()
    await says('code', /code/)
    expect(await page.getByLabel('Code the app shows now').getAttribute('aria-invalid')).toBe('true')
    expect(await page.locator('code').first().innerText()).toBe(shown)
    await enrol(page)
    await page.getByRole('heading', { name: 'Begin' }).waitFor()
  })

  test('a folder in which there is no repository', async () => {
    await page.goto(`${server.url}/connections/new?connector=git`)
    await page.getByLabel('Name', { exact: true }).fill('Code')
    await page.getByLabel('Repository').fill('/nowhere/at/all')
    await page.getByRole('button', { name: 'Connect' }).click()
    await says('git', /there is no folder \/nowhere\/at\/all/)
    await page.getByRole('link', { name: 'Change its settings' }).click()
    await page.getByLabel('Repository').fill(code.path)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Read now' }).click()
    await page.getByText('Reads well').waitFor()
  })

  test('a password that the database refuses', async () => {
    await page.goto(`${server.url}/connections/new?connector=postgresql`)
    await page.getByLabel('Name', { exact: true }).fill('Their database')
    await page.getByLabel('Host').fill('127.0.0.1')
    await page.getByLabel('Port').fill(String(theirs.port))
    await page.getByLabel('Role').fill('reader')
    await page.getByLabel('Password').fill('the-wrong-word')
    await choose(page, 'Encryption', 'No TLS')
    await page.getByRole('button', { name: 'Connect' }).click()
    await says('postgresql', /the password was refused/)
  })

  test('a picture said to be findings', async () => {
    await page.goto(`${server.url}/evidence?import=open`)
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      'base64',
    )
    await page.getByLabel(/Drop a file here/).setInputFiles({ name: 'scan.png', mimeType: 'image/png', buffer: png })
    await choose(page, 'What it is', 'OCSF findings')
    await page.getByLabel('Series').fill('Production account')
    await page.getByRole('button', { name: 'Read the file' }).click()
    await page.getByRole('alert').waitFor()
    await says('png', /OCSF/)
    expect(await page.getByLabel('Series').inputValue()).toBe('Production account')
  })

  test('an ARF that breaks off', async () => {
    await page.goto(`${server.url}/evidence?import=open`)
    const whole = arfFile(
      testResult({
        results: [
          ['no-root-login', 'pass'],
          ['disk-encrypted', 'pass'],
        ],
        prefix: 'xccdf',
      }),
    )
    const half = Buffer.from(whole.slice(0, whole.indexOf('disk-encrypted')))
    await page.getByLabel(/Drop a file here/).setInputFiles({ name: 'web-1.arf.xml', mimeType: '', buffer: half })
    await page.getByLabel('Series').fill('Web servers')
    await page.getByRole('button', { name: 'Read the file' }).click()
    await says('arf', /breaks off|ends|truncated|partial/i)
  })

  test('two windows that change the same scope', async () => {
    expect(await command('system.saveScope', { based_on: 0, scope: SCOPE })).toBe(200)
    expect(await command('system.approveScope', { n: 1 })).toBe(200)
    const other = await page.context().newPage()
    for (const window of [other, page]) await window.goto(`${server.url}/scope/edit`)
    await other.getByLabel('Name of the system').fill('Acme Cloud, the first')
    await other.getByRole('button', { name: 'Save as version 2' }).click()
    await other.getByRole('heading', { name: 'Scope', level: 1 }).waitFor()
    await page.getByLabel('Name of the system').fill('Acme Cloud, the second')
    await page.getByRole('button', { name: 'Save as version 2' }).click()
    await says('scope', /Version 2 was saved while you wrote/)
    expect(await page.getByLabel('Name of the system').inputValue()).toBe('Acme Cloud, the second')
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await page.getByRole('button', { name: 'Save as version 3' }).click()
    await page.getByRole('heading', { name: 'Scope', level: 1 }).waitFor()
    await page.getByText('Version 3 waits for the approval').waitFor()
  })
})
