// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import { ChevronRight, Menu as MenuIcon, Search } from 'lucide-react'
import { isMoved, useDates } from '../clocks.ts'
import { dayText, today } from '../dates.ts'
import { Kbd } from '../ui/Kbd.tsx'
import { AccountMenu } from './AccountMenu.tsx'
import { AsOf, MovedRule } from './AsOf.tsx'
import { useShell } from './shell.ts'

export interface Crumb {
  readonly label: string
  readonly to?: string
}

/** Trail, dates in force, search, account; on every page, always the same height. */
export function Header({ crumbs }: { crumbs: readonly Crumb[] }) {
  const { openNavigation, openPalette } = useShell()
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-page/95 backdrop-blur-sm print:static print:border-0">
      <Letterhead />
      <div className="flex h-12 items-center gap-1 pr-2 pl-2 sm:pr-3 sm:pl-6 print:hidden">
        <button
          type="button"
          aria-label="Navigation"
          className="rounded p-2 text-ink-2 hover:bg-hover md:hidden"
          onClick={openNavigation}
        >
          <MenuIcon size={16} />
        </button>
        <nav aria-label="Trail" className="min-w-0 flex-1">
          <ol className="flex min-w-0 items-center gap-1 text-sm text-ink-3">
            {crumbs.map((crumb, i) => (
              <li
                key={crumb.label}
                className={i < crumbs.length - 1 ? 'hidden items-center gap-1 sm:flex' : 'flex min-w-0 items-center'}
              >
                {crumb.to ? (
                  <Link to={crumb.to} className="rounded-sm whitespace-nowrap hover:text-ink">
                    {crumb.label}
                  </Link>
                ) : (
                  <span aria-current="page" className="truncate text-ink">
                    {crumb.label}
                  </span>
                )}
                {i < crumbs.length - 1 && <ChevronRight size={14} aria-hidden="true" />}
              </li>
            ))}
          </ol>
        </nav>
        <div className="flex items-center gap-1">
          <AsOf />
          <button
            type="button"
            aria-keyshortcuts="Control+K Meta+K"
            className="inline-flex h-8 items-center gap-2 rounded px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink"
            onClick={openPalette}
          >
            <Search size={16} aria-hidden="true" />
            <span className="sr-only lg:not-sr-only">Search</span>
            <span aria-hidden="true" className="hidden lg:inline">
              <Kbd>Ctrl K</Kbd>
            </span>
          </button>
          <AccountMenu />
        </div>
      </div>
      <MovedRule />
    </header>
  )
}

/** What a sheet of paper says first: whose programme this is, and of which day. Moved dates are said by their rule. */
function Letterhead() {
  const { me } = useShell()
  const moved = isMoved(useDates())
  return (
    <p className="hidden px-4 text-sm text-ink-2 sm:px-6 print:block">
      {me.organization.name}
      {!moved && `, as of ${dayText(today())}`}
    </p>
  )
}
