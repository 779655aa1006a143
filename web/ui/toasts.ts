// SPDX-License-Identifier: Apache-2.0

export interface Toast {
  readonly id: number
  readonly title: string
  readonly description: string | undefined
}

let shown: readonly Toast[] = []
let next = 1
const hearers = new Set<() => void>()
const MOST = 3

function change(toasts: readonly Toast[]): void {
  shown = toasts
  for (const hear of hearers) hear()
}

/** Says in one sentence what has just been done. Errors stay where they happened; they are no toasts. */
export function say(title: string, description?: string): void {
  change([...shown, { id: next++, title, description }].slice(-MOST))
}

export const dismiss = (id: number): void => change(shown.filter((toast) => toast.id !== id))

/** For `useSyncExternalStore`. */
export const toasts = {
  subscribe: (hear: () => void): (() => void) => {
    hearers.add(hear)
    return () => void hearers.delete(hear)
  },
  get: (): readonly Toast[] => shown,
}
