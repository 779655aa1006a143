// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { barriersOf, complaintsOf, picture } from './browser.ts'
import type { Company } from './company.ts'

const TABS = ['API keys', 'Password and second factor', 'Sessions', 'Appearance', 'Time-stamps', 'About']

export function describeSettings(company: () => Company): void {
  for (const [n, tab] of TABS.entries())
    test(`"${tab}" opens without complaint and without a barrier`, async () => {
      const { page, server } = company()
      await page.goto(`${server.url}/settings`)
      const complaints = complaintsOf(page)
      await page.getByRole('tab', { name: tab }).click()
      const panel = page.getByRole('tabpanel', { name: tab })
      await panel.locator(':is(h2, h3, p, table, label)').first().waitFor()
      await page.waitForLoadState('networkidle')
      await picture(page, `settings-${n}`)
      expect(complaints).toEqual([])
      expect(await barriersOf(page)).toEqual([])
    }, 60_000)

  test('a key does what its scopes say and no more, is shown once, and a wrong scope is refused by name', async () => {
    const { page, server } = company()
    await page.goto(`${server.url}/settings`)
    await page.getByRole('button', { name: 'Make a key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Nightly import')
    await dialog.getByLabel('What it may do').fill('evidense.*\ncontrols.list')
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    await dialog
      .getByText(/evidense/)
      .last()
      .waitFor()
    expect(await barriersOf(page)).toEqual([])
    await picture(page, 'settings-key-refused')
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Nightly import')
    await dialog.getByLabel('What it may do').fill('evidence.*\ncontrols.list')
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    await page.getByRole('dialog', { name: 'Your new key' }).waitFor()
    await picture(page, 'settings-key-made')
    const key = await dialog.locator('code, pre').first().innerText()
    const answer = async (operation: string): Promise<number> => {
      const headers = { authorization: `Bearer ${key.trim()}` }
      return (await fetch(`${server.url}/api/v1/${operation}`, { headers })).status
    }
    expect([await answer('controls.list'), await answer('evidence.list'), await answer('people.list')]).toEqual([
      ...[200, 200, 403],
    ])
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('cell', { name: 'Nightly import' }).waitFor()
    expect(await page.getByText(key.trim()).count()).toBe(0)
  }, 60_000)

  test('a set-up link that was used says that it opens nothing any more', async () => {
    const { page, server } = company()
    await page.goto(`${server.url}/setup#used`)
    await page.getByRole('heading', { name: 'Assay is set up' }).waitFor()
    expect(await page.getByRole('link', { name: 'Sign in' }).count()).toBe(1)
    expect(await barriersOf(page)).toEqual([])
  }, 60_000)
}
