// SPDX-License-Identifier: Apache-2.0
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent as lazy,
  Outlet,
  retainSearchParams,
  type RouteComponent,
} from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import { NotFound } from './layout/NotFound.tsx'
import { PageTrouble } from './layout/PageTrouble.tsx'
import { Shell } from './layout/Shell.tsx'
import { askEarly } from './operations.ts'

/** The dates of the page go with the reader from page to page; everything else belongs to one page. */
interface Search {
  readonly asOf?: string
  readonly knownAt?: string
}

const root = createRootRouteWithContext<{ readonly queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>): Search & Record<string, unknown> => search,
  search: { middlewares: [retainSearchParams(['asOf', 'knownAt'])] },
})
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  // Before anything of the page is fetched, so that who asks is known when it has come.
  beforeLoad: ({ context }) => askEarly(context.queries, 'me.get', {}, {}),
})

const page = (path: string, component: RouteComponent) => createRoute({ getParentRoute: () => inside, path, component })
const outside = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component })

/** Pages for anybody. */
const ENTRANCES = [
  outside(
    '/setup',
    lazy(() => import('../features/people/SetupPage.tsx'), 'SetupPage'),
  ),
  outside(
    '/sign-in',
    lazy(() => import('../features/people/SignInPage.tsx'), 'SignInPage'),
  ),
  outside(
    '/invitation',
    lazy(() => import('../features/people/InvitationPage.tsx'), 'InvitationPage'),
  ),
]

/** Pages of somebody who is signed in. */
const PAGES = [
  page(
    '/',
    lazy(() => import('../features/readiness/OverviewPage.tsx'), 'OverviewPage'),
  ),
  page(
    '/begin',
    lazy(() => import('../features/system/BeginPage.tsx'), 'BeginPage'),
  ),
  page(
    '/scope',
    lazy(() => import('../features/system/ScopePage.tsx'), 'ScopePage'),
  ),
  page(
    '/scope/edit',
    lazy(() => import('../features/system/EditScopePage.tsx'), 'EditScopePage'),
  ),
  page(
    '/scope/plan',
    lazy(() => import('../features/system/PlanPage.tsx'), 'PlanPage'),
  ),
  page(
    '/criteria',
    lazy(() => import('../features/criteria/CriteriaPage.tsx'), 'CriteriaPage'),
  ),
  page(
    '/criteria/$id',
    lazy(() => import('../features/criteria/CriterionPage.tsx'), 'CriterionPage'),
  ),
  page(
    '/controls',
    lazy(() => import('../features/controls/ControlsPage.tsx'), 'ControlsPage'),
  ),
  page(
    '/controls/$id',
    lazy(() => import('../features/controls/ControlPage.tsx'), 'ControlPage'),
  ),
  page(
    '/policies',
    lazy(() => import('../features/policies/PoliciesPage.tsx'), 'PoliciesPage'),
  ),
  page(
    '/connections',
    lazy(() => import('../features/connections/ConnectionsPage.tsx'), 'ConnectionsPage'),
  ),
  page(
    '/connections/new',
    lazy(() => import('../features/connections/NewConnectionPage.tsx'), 'NewConnectionPage'),
  ),
  page(
    '/connections/$id',
    lazy(() => import('../features/connections/ConnectionPage.tsx'), 'ConnectionPage'),
  ),
  page(
    '/evidence',
    lazy(() => import('../features/evidence/EvidencePage.tsx'), 'EvidencePage'),
  ),
  page(
    '/evidence/facts',
    lazy(() => import('../features/evidence/FactsPage.tsx'), 'FactsPage'),
  ),
  page(
    '/evidence/$id',
    lazy(() => import('../features/evidence/EvidenceItemPage.tsx'), 'EvidenceItemPage'),
  ),
  page(
    '/checks',
    lazy(() => import('../features/monitoring/ChecksPage.tsx'), 'ChecksPage'),
  ),
  page(
    '/checks/new',
    lazy(() => import('../features/monitoring/EditCheckPage.tsx'), 'NewCheckPage'),
  ),
  page(
    '/checks/$id',
    lazy(() => import('../features/monitoring/CheckPage.tsx'), 'CheckPage'),
  ),
  page(
    '/checks/$id/edit',
    lazy(() => import('../features/monitoring/EditCheckPage.tsx'), 'EditCheckPage'),
  ),
  page(
    '/tasks',
    lazy(() => import('../features/tasks/TasksPage.tsx'), 'TasksPage'),
  ),
  page(
    '/ledger',
    lazy(() => import('../features/ledger/LedgerPage.tsx'), 'LedgerPage'),
  ),
  page(
    '/bundles',
    lazy(() => import('../features/reports/BundlesPage.tsx'), 'BundlesPage'),
  ),
  page(
    '/people',
    lazy(() => import('../features/people/PeoplePage.tsx'), 'PeoplePage'),
  ),
  page(
    '/settings',
    lazy(() => import('../features/people/SettingsPage.tsx'), 'SettingsPage'),
  ),
]

/** The router of the application; each page is fetched when it is first opened. */
export const createPages = (queries: QueryClient) =>
  createRouter({
    context: { queries },
    routeTree: root.addChildren([...ENTRANCES, inside.addChildren(PAGES)]),
    defaultPreload: 'intent',
    defaultErrorComponent: PageTrouble,
    scrollRestoration: true,
    defaultPendingMs: 300,
  })
