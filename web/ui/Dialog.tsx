// SPDX-License-Identifier: Apache-2.0
import { lazy, Suspense, useRef } from 'react'
import type { DialogProps } from './DialogBox.tsx'

const Box = lazy(async () => ({ default: (await import('./DialogBox.tsx')).DialogBox }))

/** The one dialog: a question that must be answered, or a form, over the page. Fetched when it is first opened. */
export function Dialog(props: DialogProps) {
  const opened = useRef(props.open)
  opened.current ||= props.open
  if (!opened.current) return null
  return (
    <Suspense fallback={null}>
      <Box {...props} />
    </Suspense>
  )
}
