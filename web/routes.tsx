// SPDX-License-Identifier: Apache-2.0
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  retainSearchParams,
  type RouteComponent,
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

const page = (path: string, component: RouteComponent) => createRoute({ getParentRoute: () => inside, path, component })
const outside = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component })

const tree = root.addChildren([
  outside(
    '/setup',
    lazyRouteComponent(() => import('../features/people/SetupPage.tsx'), 'SetupPage'),
  ),
  outside(
    '/sign-in',
    lazyRouteComponent(() => import('../features/people/SignInPage.tsx'), 'SignInPage'),
  ),
  outside(
    '/invitation',
    lazyRouteComponent(() => import('../features/people/InvitationPage.tsx'), 'InvitationPage'),
  ),
  inside.addChildren([
    page(
      '/begin',
      lazyRouteComponent(() => import('../features/system/BeginPage.tsx'), 'BeginPage'),
    ),
    page(
      '/scope',
      lazyRouteComponent(() => import('../features/system/ScopePage.tsx'), 'ScopePage'),
    ),
    page(
      '/scope/edit',
      lazyRouteComponent(() => import('../features/system/EditScopePage.tsx'), 'EditScopePage'),
    ),
    page(
      '/scope/plan',
      lazyRouteComponent(() => import('../features/system/PlanPage.tsx'), 'PlanPage'),
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
