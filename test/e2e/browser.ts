// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { TOTP, Secret } from 'otpauth'
import { chromium, type Browser, type Page } from 'playwright-core'

/** The system's Chromium. @throws when there is none: this suite needs a browser */
export async function openBrowser(): Promise<Browser> {
  const path = process.env['ASSAY_CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(path)) throw new Error(`expected Chromium at ${path}; install it or set ASSAY_CHROMIUM`)
  return await chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] })
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

/** Signs in by password and adds an authenticator, as a person would with an app. */
export async function signInAndEnrol(page: Page, url: string, who: { email: string; password: string }): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Email address').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
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
