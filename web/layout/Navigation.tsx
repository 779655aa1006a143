// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { Logo } from './Logo.tsx'
import { PLACES } from './navigation.ts'

/** Where one can go, by the journey; a count stands only where something is due. */
export function Navigation({ due, onGo }: { due: Readonly<Record<string, number>>; onGo?: () => void }) {
  return (
    <nav aria-label="Main" className="flex h-full flex-col overflow-y-auto px-3 pb-4">
      <Link to={paths.overview} className="flex h-12 shrink-0 items-center px-2" onClick={() => onGo?.()}>
        <Logo />
      </Link>
      {PLACES.map((group) => (
        <div key={group.label ?? ''} className="pt-3 first-of-type:pt-1">
          {group.label && <p className="px-2 pb-1 text-xs font-medium text-ink-3">{group.label}</p>}
          <ul>
            {group.places.map((place) => (
              <li key={place.to}>
                <Link
                  to={place.to}
                  onClick={() => onGo?.()}
                  activeOptions={{ exact: place.to === paths.overview, includeSearch: false }}
                  activeProps={{
                    className: 'bg-accent-soft text-ink font-medium [&_svg]:text-accent',
                    'aria-current': 'page',
                  }}
                  inactiveProps={{ className: 'text-ink-2' }}
                  className="flex h-8 items-center gap-2.5 rounded px-2 hover:bg-hover hover:text-ink"
                >
                  <place.icon size={16} aria-hidden="true" className="shrink-0 text-ink-3" />
                  <span className="min-w-0 flex-1 truncate">{place.label}</span>
                  {(due[place.to] ?? 0) > 0 && (
                    <span className="tabular rounded-full bg-late-soft px-1.5 text-xs font-medium text-late-text">
                      {due[place.to]}
                      <span className="sr-only"> due</span>
                    </span>
                  )}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
