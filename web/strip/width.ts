// SPDX-License-Identifier: Apache-2.0
import { useLayoutEffect, useState, type RefObject } from 'react'
import { usePrinting } from '../media.ts'

/** Between the margins of a sheet of A4, at 96 px an inch; main.css sets the margins. */
const SHEET_PX = 688

/** The measured width of an element in px, followed as it changes; of paper, where nobody measures, that of a sheet. */
export function useWidth(of: RefObject<Element | null>, fallback: number): number {
  const [width, setWidth] = useState(fallback)
  const printing = usePrinting()
  useLayoutEffect(() => {
    const element = of.current
    if (!element) return undefined
    // Once before the first paint, so that nothing is drawn squeezed; then as it changes.
    const { width: first } = element.getBoundingClientRect()
    if (first > 0) setWidth(first)
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(entry.contentRect.width)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [of])
  return printing ? SHEET_PX : width
}
