// SPDX-License-Identifier: Apache-2.0
import { lazy, Suspense, type ComponentType } from 'react'

/** A part that is fetched when it is first drawn: dialogs and forms that most visits of a page never open. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => React.JSX.Element {
  const Part: ComponentType<P> = lazy(async () => ({ default: await load() }))
  return function Later(props: P) {
    return (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    )
  }
}
