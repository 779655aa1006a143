// SPDX-License-Identifier: Apache-2.0
import { Agent, request } from 'node:http'

export interface Took {
  /** Milliseconds within which half of the answers came, and 99 in a hundred. */
  readonly p50: number
  readonly p99: number
}

const ANSWERS = 2000
const LONGEST_MS = 10_000

/** Asks one question again and again, by so many at once, over connections that stay. @throws when one is not answered */
export async function load(url: string, key: string, people: number): Promise<Took> {
  const agent = new Agent({ keepAlive: true, maxSockets: people })
  const headers = { authorization: `Bearer ${key}` }
  const once = async (): Promise<number> => {
    const started = performance.now()
    await new Promise<void>((done, refused) => {
      request(url, { agent, headers }, (answer) => {
        answer.on('end', () => {
          if (answer.statusCode === 200) done()
          else refused(new Error(`${url}: ${String(answer.statusCode)}`))
        })
        answer.resume()
      })
        .on('error', refused)
        .end()
    })
    return performance.now() - started
  }
  const took: number[] = []
  const until = performance.now() + LONGEST_MS
  const ask = async (): Promise<void> => {
    while (took.length < ANSWERS && performance.now() < until) took.push(await once())
  }
  await Promise.all(Array.from({ length: people }, ask))
  agent.destroy()
  took.sort((a, b) => a - b)
  const at = (share: number): number => took[Math.floor(share * (took.length - 1))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}
