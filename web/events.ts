// SPDX-License-Identifier: Apache-2.0
import type { QueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useQueryClient } from '@tanstack/react-query'

/** Which nouns' questions an event makes stale; any other topic makes all of them stale. */
const NOUNS: Readonly<Record<string, readonly string[]>> = {
  run: ['connections', 'evidence', 'readiness'],
  probe: ['connections'],
  import: ['evidence', 'readiness'],
  checks: ['checks', 'readiness'],
  task: ['tasks', 'readiness'],
  ledger: ['ledger'],
  bundle: ['bundles'],
}
const QUIET_MS = 400

/** Keeps open pages true: hears what commits in the tenant and asks again for what it touches, not more than needed. */
export function useEvents(): void {
  const queries = useQueryClient()
  useEffect(() => {
    const source = new EventSource('/api/v1/events')
    const stale = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const heard = (topic: string) => () => {
      for (const noun of NOUNS[topic] ?? ['']) stale.add(noun)
      timer ??= setTimeout(() => {
        timer = undefined
        refresh(queries, [...stale])
        stale.clear()
      }, QUIET_MS)
    }
    for (const topic of Object.keys(NOUNS)) source.addEventListener(topic, heard(topic))
    source.onmessage = heard('')
    return () => {
      clearTimeout(timer)
      source.close()
    }
  }, [queries])
}

function refresh(queries: QueryClient, nouns: readonly string[]): void {
  void queries.invalidateQueries({
    predicate: (query) => {
      const [door, name] = query.queryKey
      return door === 'ask' && typeof name === 'string' && nouns.some((noun) => name.startsWith(noun))
    },
  })
}
