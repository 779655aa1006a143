// SPDX-License-Identifier: Apache-2.0
import { Toast } from '@base-ui/react/toast'

export const toasts = Toast.createToastManager()

/** Says in one sentence what has just been done. Errors stay where they happened; they are no toasts. */
export const say = (title: string, description?: string): void => {
  toasts.add({ title, ...(description ? { description } : {}), timeout: 6000 })
}
