// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { live } from '../../demo/live.ts'
import { TIME_ZONE } from '../../demo/stage.ts'
import { OWNER } from '../../demo/story.ts'
import { loadConfig } from '../../lib/config.ts'
import { localDate } from '../../lib/time.ts'
import { barriersOf, listen, openBrowser, openPage, picture, signInAndEnrol } from './browser.ts'
import { discard, startRunning, type Running } from './running.ts'

const ROUTES = [
  ...['/', '/scope', '/scope/plan', '/criteria', '/criteria/CC6.1', '/controls', '/controls/IAM-02', '/checks'],
  ...['/checks/accounts-use-mfa', '/checks/cloud-rules-pass', '/evidence', '/policies', '/connections', '/ledger'],
  ...['/tasks', '/bundles', '/people', '/settings', '/verify'],
]

describe('every page of a company that has lived ninety days', () => {
  let server: Running
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'assay-pages-'))
    await live(loadConfig({ ASSAY_DATA: dataDir }), localDate(new Date(), TIME_ZONE), () => undefined, {
      systems: false,
    })
    server = await startRunning({ dataDir })
    browser = await openBrowser()
    page = await openPage(browser)
    await signInAndEnrol(page, server.url, OWNER)
    await page.getByRole('heading', { level: 1 }).waitFor()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    discard(server)
  })

  for (const route of ROUTES)
    for (const theme of ['light', 'dark'] as const)
      test(`${route} opens without complaint and without a barrier, ${theme}`, async () => {
        const complaints = listen(page)
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
        await page.goto(`${server.url}${route}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.waitForLoadState('networkidle')
        await picture(page, `${nameOf(route)}-${theme}`)
        expect(await page.getByRole('alert').allInnerTexts()).toEqual([])
        expect(complaints).toEqual([])
        expect(await barriersOf(page)).toEqual([])
      }, 60_000)
})

const nameOf = (route: string): string => route.slice(1).replaceAll('/', '-') || 'overview'
