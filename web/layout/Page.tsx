// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { cx } from '../class-names.ts'
import { Header, type Crumb } from './Header.tsx'

interface Props {
  title: string
  /** Above this page in the trail; the page itself is added. */
  crumbs?: readonly Crumb[]
  /** Shown before the title, in a lighter weight: the id of the thing. */
  mark?: ReactNode
  /** Main actions, at the right of the title. */
  actions?: ReactNode
  /** No title of its own on the page: the first sentence is the title. */
  children: ReactNode
  narrow?: boolean
}

/** One page: trail, title, answer, picture, table. */
export function Page({ title, crumbs = [], mark, actions, children, narrow }: Props) {
  return (
    <>
      <title>{`${title} · Assay`}</title>
      <Header crumbs={[...crumbs, { label: title }]} />
      <main id="main" tabIndex={-1} className="outline-none">
        <div className={cx('mx-auto flex max-w-360 flex-col gap-6 px-4 pt-5 pb-16 sm:px-6', narrow && '*:max-w-220')}>
          <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
            <h1 className="min-w-0 text-xl font-semibold">
              {mark && <span className="mr-2.5 font-normal text-ink-3">{mark}</span>}
              {title}
            </h1>
            {actions && <div className="flex flex-wrap gap-2 print:hidden">{actions}</div>}
          </div>
          {children}
        </div>
      </main>
    </>
  )
}

/** A link in the middle of words. */
export function A({ to, search, children }: { to: string; search?: Record<string, unknown>; children: ReactNode }) {
  return (
    <Link
      to={to}
      {...(search ? { search } : {})}
      className="text-accent underline decoration-line-strong decoration-1 underline-offset-2 hover:decoration-current [td_&]:no-underline [td_&]:hover:underline"
    >
      {children}
    </Link>
  )
}
