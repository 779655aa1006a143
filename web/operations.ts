// SPDX-License-Identifier: Apache-2.0
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { useRef } from 'react'
import { ask, call, type Input, type Operation, type Output, type RowOf } from './client.ts'
import type { Clocks } from './client.ts'
import { useClocks } from './clocks.ts'
import { Problem } from './problem.ts'

interface AskOptions {
  /** False while the question cannot be asked yet. */
  readonly enabled?: boolean
  /** Milliseconds between repeats, for what changes without an event. */
  readonly every?: number | false
  /** Asked for now, whatever dates the page stands at. */
  readonly now?: boolean
}

const questionOf = <N extends Operation>(name: N, input: Input<N>, clocks: Clocks) => ({
  queryKey: ['ask', name, input, clocks],
  queryFn: ({ signal }: { signal: AbortSignal }) => ask(name, input, clocks, signal),
})

/** Asks, unless it has been, before anything that shows the answer is there; what asks the same meanwhile gets this answer. */
export const askEarly = <N extends Operation>(queries: QueryClient, name: N, input: Input<N>, clocks: Clocks): void =>
  void queries.prefetchQuery({ ...questionOf(name, input, clocks), staleTime: Infinity })

/** Asks a query at the dates of the page. The answer stays on the screen while a changed question is asked. */
export function useAsk<N extends Operation>(
  name: N,
  input: Input<N>,
  options: AskOptions = {},
): UseQueryResult<Output<N>, Error> {
  const moved = useClocks()
  const clocks = options.now ? {} : moved
  return useQuery({
    ...questionOf(name, input, clocks),
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
  })
}

/** A list that is fetched page by page as it is scrolled. */
export interface Rows<R> {
  readonly rows: readonly R[]
  /** Whether there is nothing after the last row. */
  readonly whole: boolean
  readonly more: () => void
  readonly fetching: boolean
  readonly loading: boolean
  readonly error: Error | null
  readonly retry: () => void
}

/** Asks a list at the dates of the page, `limit` rows at a time. */
export function useRows<N extends Operation>(
  name: N,
  input: Omit<Input<N>, 'after' | 'limit'>,
  limit = 100,
  options: AskOptions = {},
): Rows<RowOf<N>> {
  const clocks = useClocks()
  const list = useInfiniteQuery({
    queryKey: ['ask', name, input, clocks, limit],
    queryFn: async ({ pageParam, signal }) => {
      const asked = { ...input, limit, ...(pageParam ? { after: pageParam } : {}) } as Input<N>
      return (await ask(name, asked, clocks, signal)) as { rows: RowOf<N>[]; next: string | null }
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
  })
  const rows = useFlat(list.data?.pages)
  return {
    rows,
    whole: list.data !== undefined && !list.hasNextPage,
    more: () => {
      if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
    },
    fetching: list.isFetchingNextPage,
    loading: list.data === undefined && list.error === null,
    error: list.data === undefined ? list.error : null,
    retry: () => void list.refetch(),
  }
}

/** The same array as long as the pages are the same, so that the table does not start over. */
function useFlat<R>(pages: readonly { readonly rows: readonly R[] }[] | undefined): readonly R[] {
  const kept = useRef<{ pages: typeof pages; rows: readonly R[] }>({ pages: undefined, rows: [] })
  if (kept.current.pages !== pages) kept.current = { pages, rows: (pages ?? []).flatMap((page) => page.rows) }
  return kept.current.rows
}

/** HTTP status of a command that was decided on something that has changed since. */
const CONFLICT = 409

/** Runs a command. One idempotency key is kept until the input changes or it succeeds, so a retry has one effect. */
export function useCommand<N extends Operation>(
  name: N,
  done?: (output: Output<N>, input: Input<N>) => void,
): UseMutationResult<Output<N>, Error, Input<N>> {
  const queries = useQueryClient()
  const attempt = useRef<{ text: string; key: string } | undefined>(undefined)
  return useMutation({
    mutationFn: (input: Input<N>) => {
      const text = JSON.stringify(input)
      if (attempt.current?.text !== text) attempt.current = { text, key: crypto.randomUUID() }
      return call(name, input, attempt.current.key)
    },
    onSuccess: async (output, input) => {
      attempt.current = undefined
      done?.(output, input)
      await queries.invalidateQueries({ queryKey: ['ask'] })
    },
    onError: async (error) => {
      // What the page shows is no longer so.
      if (error instanceof Problem && error.status === CONFLICT) await queries.invalidateQueries({ queryKey: ['ask'] })
    },
  })
}
