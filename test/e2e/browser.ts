// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { TOTP, Secret } from 'otpauth'
import { chromium, type Browser, type Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where pictures go, for the README and for looking; nowhere when absent. */
const pictures = process.env['ASSAY_PICTURES']

/** The system's Chromium. @throws when there is none: this suite needs a browser */
export async function openBrowser(): Promise<Browser> {
  const path = process.env['ASSAY_CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(path)) throw new Error(`expected Chromium at ${path}; install it or set ASSAY_CHROMIUM`)
  return await chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] })
}

/** A page of a usual laptop. axe is put into it by the debugger's door; its own policy stays as it is in the pictures. */
export async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true })
  return await context.newPage()
}

/** What keeps somebody out who cannot see well or uses no mouse, by axe: rule and places. */
export async function barriersOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')))",
  )
}

/** Keeps the page as it looks now, where pictures are wanted; without the toasts, which are about to leave. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return
  const style = '[aria-label="What was just done"] { visibility: hidden }'
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled', style })
}

/** What a page complained about: console errors and uncaught exceptions. */
export function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 40[134]/.test(message.text())) complaints.push(message.text())
  })
  return complaints
}

/** The same, strictly: what the console says, and every answer that is no success, but those of `expected` addresses. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // The browser itself drops what a page that is left had asked for.
    if (why !== 'net::ERR_ABORTED') complaints.push(`${why} ${request.url()}`)
  })
  return complaints
}

/** Opens a list of choices and takes one, both by their first words. */
export async function choose(page: Page, label: string, choice: string): Promise<void> {
  await page.getByLabel(label).click()
  await page.getByRole('option', { name: choice }).click()
}

interface Account {
  readonly email: string
  readonly password: string
}

/** Signs in by password; somebody whose roles need it adds an authenticator next. */
export async function signIn(page: Page, url: string, who: Account): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Email address').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Signs in by password and adds an authenticator, as a person would with an app. */
export async function signInAndEnrol(page: Page, url: string, who: Account): Promise<void> {
  await signIn(page, url, who)
  await enrol(page)
}

/** Reads the secret that the page shows, enters the first code and keeps the recovery codes. */
export async function enrol(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Add your authenticator' }).waitFor()
  const shown = await page.locator('code').first().innerText()
  const totp = new TOTP({ secret: Secret.fromBase32(shown.replaceAll(/\s/g, '')) })
  await page.getByLabel('Code the app shows now').fill(totp.generate())
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await page
    .getByRole('button', { name: /continue|done|kept/i })
    .last()
    .click()
}
