// SPDX-License-Identifier: Apache-2.0
import { cloneElement, lazy, Suspense, useState, type HTMLAttributes, type ReactElement, type ReactNode } from 'react'

export interface PopoverProps {
  /** A button element. */
  readonly trigger: ReactElement<HTMLAttributes<HTMLElement>>
  readonly title: string
  /** Drawn with a way to close the panel. */
  readonly children: (close: () => void) => ReactNode
}

const load = () => import('./PopoverPanel.tsx')
const Panel = lazy(async () => ({ default: (await load()).PopoverPanel }))

/** A small floating panel that belongs to its button; fetched when the pointer or the focus comes near. */
export function Popover(props: PopoverProps) {
  const [wanted, setWanted] = useState(false)
  const near = (): void => void load()
  const light = cloneElement(props.trigger, {
    onPointerEnter: near,
    onFocus: near,
    onClick: () => setWanted(true),
    'aria-haspopup': 'dialog',
    'aria-expanded': false,
  })
  if (!wanted) return light
  return (
    <Suspense fallback={light}>
      <Panel {...props} />
    </Suspense>
  )
}
