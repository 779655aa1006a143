// SPDX-License-Identifier: Apache-2.0
import { createContext, useContext } from 'react'
import type { Output } from '../client.ts'

export type Me = Output<'me.get'>

export interface ShellDoors {
  /** Who is signed in. */
  readonly me: Me
  readonly openNavigation: () => void
  readonly openPalette: () => void
}

export const ShellContext = createContext<ShellDoors | undefined>(undefined)

/** What surrounds a page of somebody signed in. */
export function useShell(): ShellDoors {
  const shell = useContext(ShellContext)
  if (!shell) throw new Error('invariant broken: a signed-in page is drawn inside the shell')
  return shell
}

/** The sentence that a disabled action shows, or undefined when one of the roles is held. */
export function useNeeds(...roles: readonly string[]): string | undefined {
  const { me } = useShell()
  return me.roles.some((role: string) => roles.includes(role))
    ? undefined
    : `Your roles do not allow this; ask a ${words(roles)}`
}

const words = (roles: readonly string[]): string => roles.map((role) => role.replaceAll('_', ' ')).join(' or ')
