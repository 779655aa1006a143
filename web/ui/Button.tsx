// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { cx } from '../class-names.ts'
import { Hint } from './Hint.tsx'

export type Weight = 'primary' | 'plain' | 'quiet' | 'danger'

const BASE =
  'inline-flex shrink-0 items-center gap-1.5 rounded font-medium whitespace-nowrap select-none transition-colors [&_svg]:size-4 [&_svg]:shrink-0'
const SIZES = { small: 'h-7 px-2 text-sm', normal: 'h-8 px-3 text-base' } as const
const WEIGHTS: Readonly<Record<Weight, string>> = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-strong',
  plain: 'border border-line-strong bg-surface text-ink hover:bg-hover',
  quiet: 'text-ink-2 hover:bg-hover hover:text-ink',
  danger: 'border border-line-strong bg-surface text-fail-text hover:bg-fail-soft',
}
const OFF = 'cursor-not-allowed border border-line bg-sunken text-ink-3'

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'className'> {
  weight?: Weight
  small?: boolean
  /** As wide as its column, its words at the left. */
  wide?: boolean
  /** Why it cannot be pressed now; shown on hover and focus. The button stays reachable so the reason can be read. */
  because?: string | undefined | false
  /** Working: the words stay, presses are ignored. */
  busy?: boolean
}

export function Button({ weight = 'plain', small, wide, because, busy, onClick, children, ...rest }: ButtonProps) {
  const off = Boolean(because)
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={off || busy || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (off || busy) event.preventDefault()
        else onClick?.(event)
      }}
      className={cx(
        BASE,
        SIZES[small ? 'small' : 'normal'],
        off ? OFF : WEIGHTS[weight],
        busy && 'opacity-70',
        wide ? 'w-full justify-start' : 'justify-center',
      )}
    >
      {children}
    </button>
  )
  return because ? <Hint says={because}>{button}</Hint> : button
}

/** A button that is a place: opens in a tab with the modifier key, as links do. */
export function ButtonLink({
  to,
  weight = 'plain',
  small,
  search,
  children,
}: {
  to: string
  weight?: Weight
  small?: boolean
  search?: Record<string, unknown>
  children: ReactNode
}) {
  return (
    <Link
      to={to}
      {...(search ? { search } : {})}
      className={cx(BASE, 'justify-center', SIZES[small ? 'small' : 'normal'], WEIGHTS[weight])}
    >
      {children}
    </Link>
  )
}

/** A square button with only a picture; its words are in the tooltip and for screen readers. */
export function IconButton({
  says,
  ...rest
}: { says: string } & Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'>) {
  return (
    <Hint says={says}>
      <button
        type="button"
        aria-label={says}
        {...rest}
        className="inline-flex size-8 shrink-0 items-center justify-center rounded text-ink-2 transition-colors hover:bg-hover hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent [&_svg]:size-4"
      />
    </Hint>
  )
}
