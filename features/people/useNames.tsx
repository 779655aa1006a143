// SPDX-License-Identifier: Apache-2.0
import { useAsk } from '../../web/operations.ts'
import { nameFrom } from './names.ts'

/** The name behind a person's id; the id itself when it is nobody known (a key, somebody erased). */
export function useNames(): (id: string) => string {
  const people = useAsk('people.list', { limit: 500 }, { now: true })
  return (id) => nameFrom(people.data?.rows ?? [], id)
}
