// SPDX-License-Identifier: Apache-2.0

const NOT_TRUE = 'not true: '
const UNSAID = /\bthe source did not say (\w+)/g

/**
 * The recorded reason of a verdict as people read it. A check that has no sentence of its own records the expression that
 * was not true: then what it requires is said, and its parts stand where values are compared.
 * @param requires what must be true of each subject, in the words of the check
 */
export const reasonFor = (because: string, requires: string): string =>
  because.startsWith(NOT_TRUE)
    ? `Not so: ${requires}`
    : because.replaceAll(UNSAID, (_, field: string) => `the source did not say ${field.replaceAll('_', ' ')}`)
