// SPDX-License-Identifier: Apache-2.0
/** Names of people by id, for records that keep only the pseudonym. */
export function nameFrom(people: readonly { readonly id: string; readonly name: string | null }[], id: string): string {
  if (id === 'system') return 'Assay'
  if (id === 'anonymous') return 'Somebody not signed in'
  return people.find((person) => person.id === id)?.name ?? id
}
