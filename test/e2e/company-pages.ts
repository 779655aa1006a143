// SPDX-License-Identifier: Apache-2.0
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { barriersOf, listen, picture } from './browser.ts'
import type { Company } from './company.ts'

const ROUTES = [
  ...['/', '/scope', '/scope/plan', '/criteria', '/criteria/CC6.1', '/controls', '/controls/IAM-02', '/checks'],
  ...['/controls/IAM-01', '/controls/VUL-06', '/checks/accounts-use-mfa', '/checks/cloud-rules-pass', '/evidence'],
  ...['/policies', '/connections', '/ledger', '/tasks', '/bundles', '/people', '/settings', '/verify'],
]

type Theme = 'light' | 'dark'

const PHONE = { width: 390, height: 844 }

/** A4 between its margins, in CSS pixels, as a browser lays it out to print. */
const SHEET = { width: 688, height: 1017 }

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

  test('however far a list is scrolled, only the rows in sight are drawn', async () => {
    const { page, server } = company()
    const { size } = await company().ask('ledger.status')
    expect(size).toBeGreaterThan(2000)
    await page.goto(`${server.url}/ledger`)
    const first = page.locator('tbody tr td:first-child').getByText('0', { exact: true })
    await expect
      .poll(
        async () => {
          await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
          expect(await page.locator('tbody tr').count()).toBeLessThan(60)
          return await first.count()
        },
        { timeout: 60_000, interval: 20 },
      )
      .toBe(1)
  }, 90_000)

  for (const [route, rows] of [
    ['/controls', 74],
    ['/criteria', 36],
    ['/tasks', 1],
    ['/ledger', 100],
    ['/checks/accounts-use-mfa', 8],
  ] as const)
    test(
      `${route} is printed whole: every row, no word cut short, whose it is and of which day`,
      () => printsWhole(company(), route, rows),
      60_000,
    )

  for (const [route, last] of [
    ['/controls', 'AVL-07'],
    ['/criteria', 'A1.3'],
    ['/policies', 'POL-25'],
    ['/checks', 'Restores are tested'],
    ['/tasks', 'AVL-01 Capacity reviewed lacks current evidence'],
  ] as const)
    test(`${route} is read whole on a phone, to its last row`, () => readsWhole(company(), route, last), 60_000)

  for (const route of ['/', '/criteria', '/criteria/CC6.1', '/controls/IAM-01'])
    test(`${route} says whose view readiness is, and that no auditor said so`, async () => {
      const { page, server } = company()
      await page.goto(`${server.url}${route}`)
      await page.getByText('Management’s internal view, not an audit conclusion.').waitFor()
    }, 60_000)

  test('what is due is early or late against the day the page speaks about, not against today', async () => {
    const { page, server } = company()
    await page.goto(`${server.url}/?asOf=${company().day(20)}`)
    const policy = page.getByRole('listitem').filter({ hasText: 'Data retention and disposal policy' })
    await policy.getByText('in 10 days').waitFor()
  }, 60_000)

  test('the map of all controls and days is printed on one sheet', async () => {
    const { page, server } = company()
    await onPaper(page, async () => {
      await page.goto(server.url)
      const map = page.getByRole('application', { name: /controls over \d+ days/ })
      await map.waitFor()
      const box = await map.boundingBox()
      expect(box?.height).toBeLessThan(SHEET.height * 0.6)
      expect(await map.locator('svg').getAttribute('viewBox')).toMatch(new RegExp(`^0 0 ${SHEET.width} `))
    })
  }, 60_000)
}

async function onPaper(page: Page, work: () => Promise<void>): Promise<void> {
  await page.emulateMedia({ media: 'print' })
  try {
    await sized(page, SHEET, work)
  } finally {
    await page.emulateMedia({ media: 'screen' })
  }
}

async function sized(page: Page, size: typeof SHEET, work: () => Promise<void>): Promise<void> {
  const before = page.viewportSize()
  await page.setViewportSize(size)
  try {
    await work()
  } finally {
    if (before) await page.setViewportSize(before)
  }
}

/** Cells whose words are cut short. */
const cutIn = async (page: Page, cells: string): Promise<string[]> =>
  await page.evaluate<string[]>(
    `[...document.querySelectorAll('${cells}')]
      .filter((cell) => getComputedStyle(cell).overflowX !== 'visible' && cell.scrollWidth > cell.clientWidth)
      .map((cell) => cell.textContent)`,
  )

async function readsWhole({ page, server }: Company, route: string, last: string): Promise<void> {
  await sized(page, PHONE, async () => {
    await page.goto(`${server.url}${route}`)
    await page.locator('tbody tr').first().waitFor()
    await page.waitForLoadState('networkidle')
    expect(await cutIn(page, 'tbody td, tbody .truncate')).toEqual([])
    expect(await barriersOf(page)).toEqual([])
    await expect
      .poll(async () => {
        await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
        return await page.locator('tbody tr').filter({ hasText: last }).count()
      })
      .toBe(1)
    expect(await cutIn(page, 'tbody td, tbody .truncate')).toEqual([])
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width)
  })
}

async function printsWhole({ page, server }: Company, route: string, rows: number): Promise<void> {
  await onPaper(page, async () => {
    await page.goto(`${server.url}${route}`)
    await page.locator('tbody tr').first().waitFor()
    await page.waitForLoadState('networkidle')
    expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(rows)
    expect(await cutIn(page, 'main td, main th, main .truncate')).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect(wide).toBeLessThanOrEqual(SHEET.width)
    expect(await page.getByRole('checkbox').filter({ visible: true }).count()).toBe(0)
    expect(await page.locator('header').innerText()).toMatch(/^Nimbus, as of \d+ \w+ \d{4}$/)
  })
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
