// SPDX-License-Identifier: Apache-2.0
/** Words for where a piece of evidence comes from. */

const SOURCES = { connection: 'Connection', import: 'Imported file', person: 'Person' } as const

export const sourceText = (kind: keyof typeof SOURCES): string => SOURCES[kind]

/** `git 1.0`, `Prowler 5.2 read by ocsf 1`, `prepared by Ada Brandt`. */
export function producerText(producer: {
  readonly id: string
  readonly version: string
  readonly tool?: { readonly name: string; readonly version?: string | undefined } | undefined
  readonly prepared_by?: string | undefined
}): string {
  const tool = producer.tool ? `${producer.tool.name}${producer.tool.version ? ` ${producer.tool.version}` : ''}, ` : ''
  const by = producer.prepared_by ? `, prepared by ${producer.prepared_by}` : ''
  return `${tool}read by ${producer.id} ${producer.version}${by}`
}

const RECONCILED: Readonly<Record<string, string>> = {
  equal: 'The independent count agrees',
  'within-tolerance': 'The independent count agrees within its tolerance',
  mismatch: 'The independent count does not agree',
  'no-census': 'There was no independent count',
}
export const reconciledText = (word: string): string => RECONCILED[word] ?? word
