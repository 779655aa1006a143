// SPDX-License-Identifier: Apache-2.0

/** Joins class names. Two that set the same thing never meet: a part that varies is one choice of several. */
export const cx = (...names: readonly (string | false | undefined)[]): string => names.filter(Boolean).join(' ')
