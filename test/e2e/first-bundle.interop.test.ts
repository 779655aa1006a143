// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { addDays, localDate } from '../../lib/time.ts'
import { ADA, BEN, repository, type Repository } from '../sources.ts'
import { barriersOf, choose, complaintsOf, enrol, openBrowser, openPage, picture } from './browser.ts'
import { scannerFiles } from './scanner-files.ts'
import { byCommand, byScript, changed, changesOf, refuses, scriptOn } from './tampering.ts'
import { discard, startRunning, type Running } from './running.ts'

/** A repository with work of two people: reviewed, direct, and a tagged release. */
function givenCode(): Repository {
  const code = repository()
  const day = (n: number): string => new Date(Date.now() - n * 86_400_000).toISOString()
  code.commit('Begin', { at: day(40) })
  code.merge(
    'login',
    'Merge pull request #7: sign in with a second factor',
    { by: ADA, at: day(9) },
    { by: BEN, at: day(8) },
  )
  code.merge('export', 'Merge pull request #8: exports', { by: BEN, at: day(6) }, { by: ADA, at: day(5) })
  code.commit('Quick fix, straight to main', { by: BEN, at: day(2), file: 'fix.txt' })
  code.git('tag', 'v1.0.0')
  return code
}

describe('from a start in an empty home to a verified bundle, in a browser', () => {
  const home = mkdtempSync(join(tmpdir(), 'assay-home-'))
  const zip = join(home, 'first.zip')
  const folder = join(home, 'first')
  const clone = join(home, 'nimbus-app')
  let server: Running
  let browser: Browser
  let page: Page
  let code: Repository
  let complaints: string[]

  /** The page as it stands has no barrier, and nothing on the way to it went wrong. */
  const station = async (name: string): Promise<void> => {
    expect(complaints).toEqual([])
    expect(await barriersOf(page)).toEqual([])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await picture(page, `flow-${name}-${colorScheme}`)
    }
  }

  /** What the page /verify says of a file. */
  const saidOf = async (name: string): Promise<string> => {
    const result = page.getByRole('region', { name: 'Result' }).or(page.getByRole('alert'))
    await result.filter({ hasText: name }).first().waitFor()
    return (await result.allInnerTexts()).join('\n')
  }
  const goTo = (place: string): Promise<void> =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click()

  beforeAll(async () => {
    server = await startRunning({ script: 'bin/start.mjs', env: { HOME: home } })
    browser = await openBrowser()
    page = await openPage(browser)
    complaints = complaintsOf(page)
    code = givenCode()
    execFileSync('git', ['clone', '--quiet', code.path, clone])
  }, 120_000)
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'flow-failed')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    discard(server)
    code?.remove()
    rmSync(home, { recursive: true, force: true })
  })

  test('the link of the terminal makes the first person, with an authenticator and recovery codes', async () => {
    await page.goto(server.setupLink)
    await page.getByLabel('Organisation').fill('Nimbus')
    await page.getByLabel('Your name').fill('Ada Lind')
    await page.getByLabel('Email address').fill('ada@nimbus.example')
    await page.getByLabel('Password').fill('nimbus-lantern-42-quarry')
    await station('setup')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Code the app shows now').waitFor()
    await station('authenticator')
    await enrol(page)
    await page.getByRole('button', { name: 'Suggest a scope' }).waitFor()
    await station('interview')
  })

  test('eleven answers become a scope, and its approval the controls that suit it', async () => {
    for (const [question, answer] of [
      ['Do you promise customers uptime', 'Yes'],
      ['Do contracts define confidential', 'Yes'],
      ['Do customers rely on what', 'No'],
      ['Do customers ask for the privacy', 'No'],
      ['Have you had a SOC 2', 'No'],
      ['Are customers regulated', 'No'],
      ['Do you have an office', 'No'],
    ] as const)
      await page.getByRole('group', { name: question }).getByText(answer, { exact: true }).click()
    await choose(page, 'Whose personal information', "Customers' data")
    await choose(page, 'Where does the system run', 'At a cloud provider')
    await page.getByLabel('How many people').fill('14')
    await page.getByLabel('In how many months').fill('9')
    await page.getByRole('button', { name: 'Suggest a scope' }).click()
    await page.getByLabel('Name of the system').fill('Nimbus Cloud')
    await page.getByRole('group', { name: 'Services' }).getByLabel('Name').fill('Nimbus Cloud')
    await page.getByLabel('Inside the boundary').fill('Production cluster\nCustomer database\nEngineering and support')
    await station('examined')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('Choose the categories').waitFor()
    await station('report')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Add a subservice organisation' }).click()
    const providers = page.getByRole('group', { name: 'Subservice organisations' })
    await providers.getByLabel('Name', { exact: true }).fill('Example Cloud')
    await providers.getByLabel('What it does for the system').fill('Hosting')
    await providers.getByLabel('Criteria that need its controls').fill('CC6.4')
    await station('providers')
    await page.getByRole('button', { name: 'Save the scope' }).click()
    await page.getByRole('button', { name: /^Adopt \d+ controls$/ }).waitFor()
    await station('adopt')
    await page.getByRole('button', { name: /^Adopt \d+ controls$/ }).click()
    await page.getByRole('link', { name: /A git repository/ }).waitFor()
    await station('source')
  })

  test('a git repository is read while the page watches', async () => {
    await page.getByRole('link', { name: /A git repository/ }).click()
    await page.getByLabel('Name', { exact: true }).fill('Application code')
    await page.getByLabel('Repository').fill(clone)
    await station('git')
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByRole('heading', { name: 'Application code' }).waitFor()
    await station('git-connected')
    await page.getByText(/^Last read on/).waitFor()
    await station('git-read')
  })

  test('Assay’s own PostgreSQL is a choice of the form', async () => {
    await goTo('Connections')
    await station('connections')
    await page.getByRole('link', { name: 'Connect a system' }).click()
    await page.getByRole('link', { name: /PostgreSQL/ }).waitFor()
    await station('choose')
    await page.getByRole('link', { name: /PostgreSQL/ }).click()
    await page.getByLabel('Name', { exact: true }).fill('Own database')
    await choose(page, 'Server', 'Assay’s own database')
    await station('postgresql')
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByRole('heading', { name: 'Own database' }).waitFor()
    await page.getByText(/^Last read on/).waitFor()
    await station('postgresql-read')
  })

  test('files of scanners become facts', async () => {
    for (const file of scannerFiles(addDays(localDate(new Date(), 'UTC'), -1))) {
      await goTo('Evidence')
      await page.getByRole('button', { name: 'Add a file' }).first().click()
      await page.getByLabel(/Drop a file here/).setInputFiles({ name: file.name, mimeType: '', buffer: file.bytes })
      await page.getByLabel('Series').fill(file.series)
      await station(`import-${file.name}`)
      await page.getByRole('button', { name: 'Read the file' }).click()
      await page.getByRole('heading', { name: file.series, level: 1 }).waitFor()
      await station(`imported-${file.name}`)
    }
  })

  test('what fails says why, how to put it right, and shows the bytes it was judged by', async () => {
    await goTo('Checks')
    await page.getByRole('link', { name: 'Cloud security rules pass' }).waitFor()
    await station('checks')
    await page.getByRole('link', { name: 'Cloud security rules pass' }).click()
    const exposed = page.getByRole('button', { name: /s3_bucket_public_access .*nimbus-exports/ })
    await exposed.waitFor()
    await station('check')
    await exposed.click()
    const why = page.getByRole('dialog', { name: 'Why this verdict' })
    await why.getByRole('heading', { name: 'How to put it right' }).waitFor()
    await station('outcome')
    await why.getByRole('button', { name: 'Show the bytes' }).click()
    await why.getByText(/"nimbus-exports: does not meet the rule"/).waitFor()
    await station('bytes')
  })

  test('the gaps stand by criterion and as tasks', async () => {
    await goTo('Criteria')
    await page.getByRole('row', { name: /^CC7\.1 .* Not ready .* [1-9]\d*$/ }).waitFor()
    await station('criteria')
    await page.getByRole('link', { name: 'CC7.1', exact: true }).click()
    await page.getByRole('table', { name: 'Open gaps' }).getByText('was never approved').first().waitFor()
    await station('criterion')
    await goTo('Tasks')
    await page
      .getByRole('button', { name: /was never approved$/ })
      .first()
      .waitFor()
    await station('tasks')
    await goTo('Overview')
    await station('overview')
  })

  test('the bundle is made, and three verifiers accept it', async () => {
    await goTo('Bundles')
    await station('bundles')
    await page.getByRole('button', { name: 'Export a bundle' }).first().click()
    await page.getByLabel('Name of the file').fill('first')
    await station('export')
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    await page.getByRole('button', { name: 'Save the zip' }).waitFor()
    await station('bundle')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the zip' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('first.zip')
    await download.saveAs(zip)
    execFileSync('unzip', ['-q', zip, '-d', home])
    expect(await byScript(folder)).toMatchObject({ code: 0 })
    expect(await byCommand(zip)).toMatchObject({ code: 0 })
    await page.getByRole('link', { name: 'the verify page' }).first().click()
    await page.getByLabel(/Drop a bundle here/).setInputFiles(zip)
    expect(await saidOf('first.zip')).toContain('Everything holds')
    await station('verify')
  })

  test('each refuses it after any one byte is changed, and says what is wrong', async () => {
    const bytes = readFileSync(zip)
    const changes = await changesOf(bytes)
    const accepted: string[] = []
    for (const [i, change] of changes.entries()) {
      const name = `changed-${i}.zip`
      writeFileSync(join(home, name), changed(bytes, change.at))
      const [script, command] = await Promise.all([scriptOn(folder, change), byCommand(join(home, name))])
      await page.getByLabel(/Drop a bundle here/).setInputFiles(join(home, name))
      const said = { script, command, page: { code: 1, said: await saidOf(name) } }
      if (i === 0) await station('refused')
      for (const [verifier, ended] of Object.entries(said))
        if (ended && !refuses(ended, change)) accepted.push(`${verifier}, ${change.where}: ${ended.code} ${ended.said}`)
    }
    expect(accepted).toEqual([])
    expect(changes.length).toBeGreaterThan(15)
  })
})
