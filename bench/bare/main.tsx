// SPDX-License-Identifier: Apache-2.0
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { createRoot } from 'react-dom/client'

/** The least page of the same parts: one question to the server, its rows in a virtual list, and nothing else. */
interface Row {
  readonly id: string
  readonly title: string
}

function Rows() {
  const { data = [] } = useQuery<Row[]>({
    queryKey: ['rows'],
    queryFn: async () => (await (await fetch('/rows.json')).json()) as Row[],
  })
  const virtual = useWindowVirtualizer({ count: data.length, estimateSize: () => 36 })
  return (
    <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
      {virtual.getVirtualItems().map((item) => (
        <div key={item.key} style={{ position: 'absolute', transform: `translateY(${item.start}px)` }}>
          {data[item.index]?.id} {data[item.index]?.title}
        </div>
      ))}
    </div>
  )
}

const root = createRootRoute()
const index = createRoute({ getParentRoute: () => root, path: '/', component: Rows })
const router = createRouter({ routeTree: root.addChildren([index]) })
const place = document.getElementById('root')
if (place)
  createRoot(place).render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
