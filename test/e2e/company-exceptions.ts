// SPDX-License-Identifier: Apache-2.0
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { OWNER } from '../../demo/story.ts'
import { addDays } from '../../lib/time.ts'
import { barriersOf, openPage, picture, signIn } from './browser.ts'
import type { Company } from './company.ts'

const BEN = { email: 'ben@nimbus.example', password: `${OWNER.password}-Ben Okafor` }
const CHECK = 'accounts-use-mfa'

/** Asks on the check's page that all its failures are accepted for a month. */
async function asks(page: Page, company: Company, because: string): Promise<void> {
  await page.goto(`${company.server.url}/checks/${CHECK}`)
  await page.getByRole('tab', { name: 'Exceptions' }).click()
  await page.getByRole('button', { name: 'Ask for all failures' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Why it is to be accepted').fill(because)
  await dialog.getByLabel('What keeps the risk down meanwhile').fill('Sign-ins are looked at each day')
  await dialog.getByLabel('Last day').fill(addDays(company.day(89), 30))
  expect(await barriersOf(page)).toEqual([])
  await picture(page, 'exception-ask')
  await dialog.getByRole('button', { name: 'Ask for the exception' }).click()
  await page.getByRole('table', { name: 'Exceptions asked for' }).getByText(because).waitFor()
}

/** Opens the dialog in which somebody else decides on what was asked for. */
async function decides(page: Page, { server }: Company, because: string): Promise<void> {
  await page.goto(`${server.url}/checks/${CHECK}`)
  await page.getByRole('tab', { name: 'Exceptions' }).click()
  await page.getByRole('row', { name: because }).getByRole('button', { name: 'Decide' }).click()
  await page.getByRole('dialog').getByText('Ben Okafor asks that failures of all subjects are accepted.').waitFor()
  expect(await barriersOf(page)).toEqual([])
}

export function describeExceptions(company: () => Company): void {
  test('who asks for an exception does not decide on it; another person refuses one with a reason and approves one', async () => {
    const { page, server } = company()
    const browser = page.context().browser()
    if (!browser) throw new Error('the page is of a browser')
    const ben = await openPage(browser)
    await signIn(ben, server.url, BEN)
    await ben.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await asks(ben, company(), 'It is a nuisance')
    await asks(ben, company(), 'The token is in the post')
    const own = ben.getByRole('row', { name: 'It is a nuisance' }).getByRole('button', { name: 'Decide' })
    expect(await own.getAttribute('aria-disabled')).toBe('true')

    await decides(page, company(), 'It is a nuisance')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Refuse').check()
    expect(await dialog.getByRole('button', { name: 'Refuse' }).getAttribute('aria-disabled')).toBe('true')
    await dialog.getByLabel('Why it is refused').fill('That is no reason')
    await picture(page, 'exception-refuse')
    await dialog.getByRole('button', { name: 'Refuse' }).click()
    await dialog.waitFor({ state: 'detached' })

    await decides(page, company(), 'The token is in the post')
    await picture(page, 'exception-approve')
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await dialog.waitFor({ state: 'detached' })
    const stands = page.getByRole('row', { name: 'The token is in the post' })
    await stands.getByText(/Ben Okafor/).waitFor()
    expect(await page.getByText('It is a nuisance').count()).toBe(0)
    await picture(page, 'exceptions')
    await ben.context().close()
  }, 120_000)
}
