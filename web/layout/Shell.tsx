// SPDX-License-Identifier: Apache-2.0
import { Outlet, useRouter } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { today } from '../dates.ts'
import { useEvents } from '../events.ts'
import { useAsk } from '../operations.ts'
import { paths } from '../paths.ts'
import { Problem } from '../problem.ts'
import { later } from '../ui/later.tsx'
import { SkeletonPage } from '../ui/Skeleton.tsx'
import { Trouble } from '../ui/Trouble.tsx'
import { Navigation } from './Navigation.tsx'
import { ShellContext, type Me } from './shell.ts'

const Palette = later(async () => (await import('./Palette.tsx')).Palette)
const SideNavigation = later(async () => (await import('./SideNavigation.tsx')).SideNavigation)

/** Asks who is signed in before anything else; somebody who is not goes to sign in and comes back after. */
export function Shell() {
  const me = useAsk('me.get', {}, { now: true })
  if (me.error instanceof Problem && me.error.status === 401) return <ToSignIn />
  if (me.data) return <SignedIn me={me.data} />
  return (
    <div className="mx-auto max-w-220 p-6">
      {me.error ? <Trouble error={me.error} retry={() => void me.refetch()} /> : <SkeletonPage />}
    </div>
  )
}

/** Goes once, from where the reader stood: this stays mounted, with another location, until the sign-in page is there. */
function ToSignIn() {
  const router = useRouter()
  useEffect(() => {
    const { href } = router.state.location
    void router.navigate({ to: paths.signIn, search: href === '/' ? {} : { next: href }, replace: true })
  }, [router])
  return null
}

function SignedIn({ me }: { me: Me }) {
  useEvents()
  const [navigation, setNavigation] = useState(false)
  const [palette, setPalette] = useState(false)
  const due = useDue()
  const doors = useMemo(
    () => ({ me, openNavigation: () => setNavigation(true), openPalette: () => setPalette(true) }),
    [me],
  )
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setPalette((open) => !open)
      }
    }
    window.addEventListener('keydown', keys)
    return () => window.removeEventListener('keydown', keys)
  }, [])
  return (
    <ShellContext value={doors}>
      <a href="#main" className="absolute -top-12 left-2 z-50 rounded bg-accent px-3 py-2 text-accent-ink focus:top-2">
        Skip to the page
      </a>
      <div className="md:grid md:grid-cols-[216px_minmax(0,1fr)] print:block">
        <div className="sticky top-0 hidden h-dvh border-r border-line bg-sunken md:block print:hidden">
          <Navigation due={due} />
        </div>
        <div className="min-w-0">
          <Outlet />
        </div>
      </div>
      {navigation && <SideNavigation due={due} onClose={() => setNavigation(false)} />}
      {palette && <Palette open onClose={() => setPalette(false)} />}
    </ShellContext>
  )
}

/** Counts beside the places of the navigation: only what somebody has to act on. */
function useDue(): Readonly<Record<string, number>> {
  const tasks = useAsk('tasks.list', { state: 'unfinished', limit: 500, due_before: today() }, { now: true })
  return { [paths.tasks]: tasks.data?.rows.filter((task) => task.overdue).length ?? 0 }
}
