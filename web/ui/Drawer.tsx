// SPDX-License-Identifier: Apache-2.0
import { lazy, Suspense, useRef } from 'react'
import type { DrawerProps } from './DrawerPanel.tsx'

const Panel = lazy(async () => ({ default: (await import('./DrawerPanel.tsx')).DrawerPanel }))

/** One thing at the right, without leaving the list. Fetched when it is first opened. */
export function Drawer(props: DrawerProps) {
  const opened = useRef(props.open)
  opened.current ||= props.open
  if (!opened.current) return null
  return (
    <Suspense fallback={null}>
      <Panel {...props} />
    </Suspense>
  )
}
