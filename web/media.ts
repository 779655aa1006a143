// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react'

/** Whether the page is shown on such a medium, now and whenever that changes. */
function useMedium(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(query)
      media.addEventListener('change', changed)
      return () => media.removeEventListener('change', changed)
    },
    () => window.matchMedia(query).matches,
  )
}

/** Whether the page is being printed: virtual lists then draw every row they have. */
export const usePrinting = (): boolean => useMedium('print')

/** Whether the screen is a phone's, where cells wrap (main.css) and rows differ in height. */
export const useNarrow = (): boolean => useMedium('(width < 40rem)')
