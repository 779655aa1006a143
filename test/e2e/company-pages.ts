// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { barriersOf, listen, picture } from './browser.ts'
import type { Company } from './company.ts'

const ROUTES = [
  ...['/', '/scope', '/scope/plan', '/criteria', '/criteria/CC6.1', '/controls', '/controls/IAM-02', '/checks'],
  ...['/controls/IAM-01', '/controls/VUL-06', '/checks/accounts-use-mfa', '/checks/cloud-rules-pass', '/evidence'],
  ...['/policies', '/connections', '/ledger', '/tasks', '/bundles', '/people', '/settings', '/verify'],
]

type Theme = 'light' | 'dark'

export function describePages(company: () => Company): void {
  for (const theme of ['light', 'dark'] as const) {
    for (const route of ROUTES)
      test(
        `${route} opens without complaint and without a barrier, ${theme}`,
        () => looksWell(company(), route, nameOf(route), theme),
        60_000,
      )

    test(`the connection that was silent opens without complaint and without a barrier, ${theme}`, async () => {
      const { rows } = await company().ask('connections.list')
      const code = rows.find((row) => row.connector === 'git')
      await looksWell(company(), `/connections/${code?.id ?? ''}`, 'connections-git', theme)
    }, 60_000)
  }
}

async function looksWell({ page, server }: Company, route: string, name: string, theme: Theme): Promise<void> {
  const complaints = listen(page)
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
  await page.goto(`${server.url}${route}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  await picture(page, `${name}-${theme}`)
  expect(await page.getByRole('alert').allInnerTexts()).toEqual([])
  expect(complaints).toEqual([])
  expect(await barriersOf(page)).toEqual([])
}

const nameOf = (route: string): string => route.slice(1).replaceAll('/', '-') || 'overview'
