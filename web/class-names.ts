// SPDX-License-Identifier: Apache-2.0
import { clsx, type ClassValue } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

const merge = extendTailwindMerge({ extend: { theme: { text: ['xs', 'sm', 'base', 'lg', 'xl', '2xl'] } } })

/** Joins class names; of two that set the same thing the later wins. */
export const cx = (...values: ClassValue[]): string => merge(clsx(values))
