// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { build } from 'vite'

const ROWS = 74
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' }

/** A bare page of the same parts as the application (bench/bare), built and served. */
export async function openBare(): Promise<{ url: string; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bare-'))
  const root = join(import.meta.dirname, 'bare')
  await build({ root, configFile: false, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } })
  const rows = JSON.stringify(
    Array.from({ length: ROWS }, (_, i) => ({ id: `C-${i}`, title: `The title of control ${i}` })),
  )
  const server = createServer((asked, answer) => {
    const path = asked.url === '/' ? '/index.html' : (asked.url ?? '')
    try {
      const bytes = path === '/rows.json' ? Buffer.from(rows) : readFileSync(join(folder, path))
      answer.writeHead(200, { 'content-type': TYPES[extname(path)] ?? '', 'content-encoding': 'gzip' })
      answer.end(gzipSync(bytes))
    } catch {
      answer.writeHead(404).end() // the browser asks for an icon
    }
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      rmSync(folder, { recursive: true })
    },
  }
}

/**
 * Milliseconds until the largest thing of a page was painted, in a browser that has nothing of it yet, on a machine four
 * times as slow and a line of 10 Mbit/s and 40 ms.
 */
export async function paintedAfter(page: Page, url: string): Promise<number> {
  const browser = await page.context().newCDPSession(page)
  await browser.send('Network.enable')
  await browser.send('Network.setCacheDisabled', { cacheDisabled: true })
  const line = { downloadThroughput: 1_250_000, uploadThroughput: 1_250_000, latency: 40, offline: false }
  await browser.send('Network.emulateNetworkConditions', line)
  await browser.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.goto('about:blank')
  await page.goto(url)
  await page.waitForLoadState('networkidle')
  const painted = await page.evaluate<number>(`new Promise((done) =>
    new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
      .observe({ type: 'largest-contentful-paint', buffered: true }))`)
  await browser.detach()
  return painted
}

export interface Scrolled {
  /** How long it took to fetch all of it, page after page, in seconds. */
  readonly seconds: number
  /** Elements of the table and of the page at their most, whatever was in sight. */
  readonly tableRows: number
  readonly elements: number
  /** The longest frame but five in a hundred while it is scrolled, ms. */
  readonly frame: number
}

const ROW_PX = 36
const LONGEST_MS = 300_000
const FRAMES = 240

/** Scrolls a list of so many rows to its end, and then up and down. @throws when its end does not come */
export async function scrolled(page: Page, url: string, rows: number): Promise<Scrolled> {
  await page.goto(url)
  await page.locator('tbody tr').first().waitFor()
  const started = performance.now()
  let [height, tableRows, elements] = [0, 0, 0]
  while (height < rows * ROW_PX) {
    if (performance.now() - started > LONGEST_MS) throw new Error(`${Math.round(height / ROW_PX)} of ${rows} rows came`)
    const [now, drawn, all] = await page.evaluate<[number, number, number]>(`(() => {
      scrollTo(0, document.documentElement.scrollHeight)
      return [document.documentElement.scrollHeight, document.querySelectorAll('tbody tr').length,
        document.querySelectorAll('body *').length]
    })()`)
    ;[height, tableRows, elements] = [now, Math.max(tableRows, drawn), Math.max(elements, all)]
    await page.waitForTimeout(10)
  }
  const seconds = (performance.now() - started) / 1000
  return { seconds, tableRows, elements, frame: await frameOf(page) }
}

/** The same scrolling of a page that is as long and empty. */
export async function emptyFrame(page: Page, rows: number): Promise<number> {
  await page.goto('about:blank')
  await page.evaluate(`document.body.style.height = '${rows * ROW_PX}px'`)
  return await frameOf(page)
}

const frameOf = async (page: Page): Promise<number> =>
  await page.evaluate<number>(`new Promise((done) => {
    const took = []
    let last = performance.now()
    const step = (now) => {
      took.push(now - last)
      last = now
      scrollBy(0, took.length < ${FRAMES / 2} ? -400 : 400)
      if (took.length < ${FRAMES}) requestAnimationFrame(step)
      else done(took.toSorted((a, b) => a - b)[${Math.floor(FRAMES * 0.95)}])
    }
    requestAnimationFrame(step)
  })`)
