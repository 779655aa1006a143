// SPDX-License-Identifier: Apache-2.0
import { cloneElement, lazy, Suspense, useState, type HTMLAttributes, type ReactElement, type ReactNode } from 'react'

/** What a menu holds, from top to bottom. */
export type MenuEntry =
  | { readonly kind: 'item'; readonly label: string; readonly icon?: ReactNode; readonly onClick: () => void }
  | {
      readonly kind: 'check'
      readonly label: string
      readonly icon?: ReactNode
      readonly on: boolean
      readonly onChange: (on: boolean) => void
    }
  | { readonly kind: 'group'; readonly label: string; readonly entries: readonly MenuEntry[] }
  | { readonly kind: 'line' }
  | { readonly kind: 'words'; readonly id: string; readonly content: ReactNode }

export interface MenuProps {
  /** A button element. */
  readonly trigger: ReactElement<HTMLAttributes<HTMLElement>>
  readonly entries: readonly MenuEntry[]
  readonly align?: 'start' | 'end'
}

const load = () => import('./MenuPopup.tsx')
const Popup = lazy(async () => ({ default: (await load()).MenuPopup }))

/** The one menu. Its popup is fetched when the pointer or the focus comes near, and takes over at the first press. */
export function Menu(props: MenuProps) {
  const [wanted, setWanted] = useState(false)
  const near = (): void => void load()
  const light = cloneElement(props.trigger, {
    onPointerEnter: near,
    onFocus: near,
    onClick: () => setWanted(true),
    'aria-haspopup': 'menu',
    'aria-expanded': false,
  })
  if (!wanted) return light
  return (
    <Suspense fallback={light}>
      <Popup {...props} />
    </Suspense>
  )
}
