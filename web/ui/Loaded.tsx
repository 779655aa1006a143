// SPDX-License-Identifier: Apache-2.0
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { SkeletonPage } from './Skeleton.tsx'
import { Trouble } from './Trouble.tsx'

/** Draws the three states of a question: waiting, refused or broken, answered. Old data stays while new is fetched. */
export function Loaded<T>({
  of: query,
  waiting = <SkeletonPage />,
  children,
}: {
  of: UseQueryResult<T, Error>
  waiting?: ReactNode
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Trouble error={query.error} retry={() => void query.refetch()} />
  return waiting
}
