// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { live } from '../../demo/live.ts'
import { TIME_ZONE } from '../../demo/stage.ts'
import { OWNER } from '../../demo/story.ts'
import { loadConfig } from '../../lib/config.ts'
import { localDate } from '../../lib/time.ts'
import { listen, openBrowser, signInAndEnrol } from './browser.ts'
import { discard, startRunning, type Running } from './running.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where pictures go, for the README and for looking; nowhere when absent. */
const pictures = process.env['ASSAY_PICTURES']

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
    // axe is put into the page by the debugger's door; the page's own policy stays as it is in the pictures.
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true })
    page = await context.newPage()
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
        if (pictures) await page.screenshot({ path: join(pictures, `${nameOf(route)}-${theme}.png`) })
        expect(await page.getByRole('alert').allInnerTexts()).toEqual([])
        expect(complaints).toEqual([])
        await page.evaluate(axe)
        const found = await page.evaluate(
          "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')))",
        )
        expect(found).toEqual([])
      }, 60_000)
})

const nameOf = (route: string): string => route.slice(1).replaceAll('/', '-') || 'overview'
