// SPDX-License-Identifier: Apache-2.0
import {
  cloneElement,
  useEffect,
  useId,
  useRef,
  useState,
  type FocusEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
} from 'react'
import { createPortal } from 'react-dom'

const DELAY_MS = 250
const GAP_PX = 6
/** Half of the widest hint and a margin: its middle stays this far from the window's edges. */
const HALF_PX = 168

interface Hinted {
  onPointerEnter?: (event: PointerEvent<HTMLElement>) => void
  onPointerLeave?: (event: PointerEvent<HTMLElement>) => void
  onFocus?: (event: FocusEvent<HTMLElement>) => void
  onBlur?: (event: FocusEvent<HTMLElement>) => void
  'aria-describedby'?: string | undefined
}

/** A few words on hover and on keyboard focus; Esc puts them away. Never the only place of something that is needed. */
export function Hint({ says, children }: { says: ReactNode; children: ReactElement<Hinted> }) {
  const id = useId()
  const [at, setAt] = useState<DOMRect | undefined>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const hide = (): void => {
    clearTimeout(timer.current)
    setAt(undefined)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    if (!at) return undefined
    const keys = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setAt(undefined)
    }
    window.addEventListener('keydown', keys)
    window.addEventListener('scroll', hide, { passive: true, capture: true })
    return () => {
      window.removeEventListener('keydown', keys)
      window.removeEventListener('scroll', hide, { capture: true })
    }
  }, [at])
  const { props } = children
  return (
    <>
      {cloneElement(children, {
        onPointerEnter: (event) => {
          props.onPointerEnter?.(event)
          if (event.pointerType === 'touch') return
          const element = event.currentTarget
          timer.current = setTimeout(() => setAt(element.getBoundingClientRect()), DELAY_MS)
        },
        onPointerLeave: (event) => {
          props.onPointerLeave?.(event)
          hide()
        },
        onFocus: (event) => {
          props.onFocus?.(event)
          if (event.currentTarget.matches(':focus-visible')) setAt(event.currentTarget.getBoundingClientRect())
        },
        onBlur: (event) => {
          props.onBlur?.(event)
          hide()
        },
        'aria-describedby': at ? id : props['aria-describedby'],
      })}
      {at && <Words id={id} at={at} says={says} />}
    </>
  )
}

function Words({ id, at, says }: { id: string; at: DOMRect; says: ReactNode }) {
  const above = at.top > 64
  const middle = Math.max(HALF_PX, Math.min(window.innerWidth - HALF_PX, at.left + at.width / 2))
  return createPortal(
    <div
      id={id}
      role="tooltip"
      className="pointer-events-none fixed z-50 w-max max-w-80 rounded bg-ink px-2 py-1 text-sm text-page"
      style={{
        left: middle,
        top: above ? at.top - GAP_PX : at.bottom + GAP_PX,
        translate: above ? '-50% -100%' : '-50% 0',
      }}
    >
      {says}
    </div>,
    document.body,
  )
}
