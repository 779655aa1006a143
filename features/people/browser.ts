// SPDX-License-Identifier: Apache-2.0

const NAMES = [
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\bChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
] as const
const SYSTEMS = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
] as const

/** A user agent as people say it: `Firefox on macOS`. */
export function browserOf(agent: string): string {
  const name = NAMES.find(([pattern]) => pattern.test(agent))?.[1] ?? 'Another program'
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1]
  return system ? `${name} on ${system}` : name
}
