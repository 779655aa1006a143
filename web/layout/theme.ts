// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEPT = 'assay.theme'

const isTheme = (text: string | undefined): text is Theme => text === 'system' || text === 'light' || text === 'dark'

/** The reader's theme; kept on this computer, applied before the first paint by theme.js. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const kept = document.documentElement.dataset['theme']
  const [theme, setTheme] = useState<Theme>(isTheme(kept) ? kept : 'system')
  return [
    theme,
    (next) => {
      document.documentElement.dataset['theme'] = next
      localStorage.setItem(KEPT, next)
      setTheme(next)
    },
  ]
}
