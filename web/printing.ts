// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react'

const query = (): MediaQueryList => window.matchMedia('print')

/** Whether the page is being printed: virtual lists then draw every row they have. */
export const usePrinting = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      const media = query()
      media.addEventListener('change', changed)
      return () => media.removeEventListener('change', changed)
    },
    () => query().matches,
  )
