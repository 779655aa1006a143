// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { plainText, rowOf, type Format } from '../import.ts'
import { document as documentKind } from '../kinds/document.ts'

/** Any file as it is: a screenshot, minutes, a signed policy. Nothing in it is read; its hash, period and source are. */
export const document: Format = {
  id: 'document',
  version: '1',
  name: 'Document',
  says: 'Any file, kept as it is, with the period it speaks about, where it comes from and who prepared it.',
  kinds: ['document'],
  extensions: [],
  media_type: 'application/octet-stream',
  isText: false,
  detect: () => false,
  read(_chunks, { name, size_bytes, sha256, prepared_by, series, document: about }) {
    const row = rowOf(
      documentKind,
      {
        name: plainText(name, 255),
        media_type: about?.media_type ?? 'application/octet-stream',
        size_bytes,
        sha256,
        period_from: about?.period_from ?? null,
        period_to: about?.period_to ?? null,
        source: plainText(about?.source ?? series, 300),
        prepared_by: plainText(prepared_by, 200),
      },
      '',
    )
    return [
      {
        // A document is not a population: that one is there says nothing of another, so each has a stream of its own.
        stream: `document:${hash('sha256', name, 'hex').slice(0, 16)}`,
        kind: documentKind.id,
        kind_version: documentKind.version,
        outcome: 'complete',
        listed: 1,
        collected: 1,
        unreachable: [],
        census: { n: 1, exact: 'attested', how: `one file, put forward by ${plainText(prepared_by, 200)}` },
        reconciliation: 'equal',
        observed_at: null,
        rows: [row],
      },
    ]
  },
}
