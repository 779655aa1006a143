// SPDX-License-Identifier: Apache-2.0
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  retainSearchParams,
} from '@tanstack/react-router'
import { Shell } from './layout/Shell.tsx'
import { NotFound } from './layout/NotFound.tsx'
import { PageTrouble } from './layout/PageTrouble.tsx'

/** The dates of the page go with the reader from page to page; everything else belongs to one page. */
interface Search {
  readonly asOf?: string
  readonly knownAt?: string
}

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>): Search & Record<string, unknown> => search,
  search: { middlewares: [retainSearchParams(['asOf', 'knownAt'])] },
})
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Shell })

const page = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => inside, path, component })
const outside = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component })

const tree = root.addChildren([
  inside.addChildren([
    page(
      '/',
      lazyRouteComponent(() => import('../features/readiness/OverviewPage.tsx'), 'OverviewPage'),
    ),
  ]),
])

/** The router of the application; each page is fetched when it is first opened. */
export const createPages = () =>
  createRouter({
    routeTree: tree,
    defaultPreload: 'intent',
    defaultErrorComponent: PageTrouble,
    scrollRestoration: true,
    defaultPendingMs: 300,
  })
