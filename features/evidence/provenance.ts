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

/** A stream of a source as words, names as they are: `access-rules` as `Access rules`, `results:web-1` as `Results of web-1`. */
export function streamText(stream: string): string {
  const words = streamWords(stream)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The same inside a sentence. */
export function streamWords(stream: string): string {
  const [what = '', ...of] = stream.split(':')
  const words = what.replaceAll(/[-_]/g, ' ')
  if (what === 'document' || of.length === 0) return words
  // What rows are of is a kind; anything else is of a host, an account or a tool, which has its own name.
  const name = of.join(':')
  return `${words} of ${what === 'rows' ? name.replaceAll('-', ' ') : name}`
}

/** How far a reading got, as the end of a sentence. */
export const READ_TEXT = {
  complete: 'read whole',
  partial: 'read in part',
  denied: 'not read, because access was denied',
  unsupported: 'not read, because the source does not offer it',
  failed: 'not read, because it failed',
} as const
