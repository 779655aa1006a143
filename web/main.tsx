// SPDX-License-Identifier: Apache-2.0
import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import './main.css'
import { Problem } from './problem.ts'
import { createPages } from './routes.tsx'
import { Patterns } from './ui/Mark.tsx'
import { Toasts } from './ui/Toasts.tsx'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // A refusal stays a refusal; only a server that could not be reached is asked again.
      retry: (failures, error) =>
        failures < 2 && error instanceof Problem && (error.status === 0 || error.status === 503),
    },
  },
})

const root = document.getElementById('root')
if (!root) throw new Error('invariant broken: index.html has an element with the id "root"')
createRoot(root).render(
  <CSPProvider disableStyleElements>
    <QueryClientProvider client={queries}>
      <Patterns />
      <RouterProvider router={createPages(queries)} />
      <Toasts />
    </QueryClientProvider>
  </CSPProvider>,
)
