// SPDX-License-Identifier: Apache-2.0
import { useNavigate, useSearch } from '@tanstack/react-router'

export type SearchChange = Readonly<Record<string, string | undefined>>

/** All parameters of the address as text; the URL is the state of a page. */
export function useSearchTexts(): Readonly<Record<string, string | undefined>> {
  const search: Record<string, unknown> = useSearch({ strict: false })
  return Object.fromEntries(
    Object.entries(search).map(([key, value]) => [
      key,
      typeof value === 'string'
        ? value
        : typeof value === 'number' || typeof value === 'boolean'
          ? String(value)
          : undefined,
    ]),
  )
}

/** Changes some parameters and keeps the others; undefined removes. Leaves a history entry unless `replace`. */
export function useChangeSearch(): (change: SearchChange, options?: { replace?: boolean }) => void {
  const navigate = useNavigate()
  return (change, options) =>
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) =>
        Object.fromEntries(
          Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined && value !== ''),
        ),
      replace: options?.replace ?? false,
      resetScroll: false,
    })
}

/** One parameter of the address and its setter. */
export function useSearchText(name: string): [string | undefined, (value: string | undefined) => void] {
  const change = useChangeSearch()
  return [useSearchTexts()[name], (value) => change({ [name]: value })]
}
