// SPDX-License-Identifier: Apache-2.0
import { Download, Eye } from 'lucide-react'
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { useDownload } from '../../web/download.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { shortHash, sizeText } from '../../web/words.ts'
import { Preview } from './Preview.tsx'

type Capture = Output<'evidence.get'>['captures'][number]

/** The bytes exactly as the source gave them, with what was asked and what came back. */
export function Captures({ id, captures }: { id: string; captures: readonly Capture[] }) {
  const [shown, setShown] = useState<Capture | undefined>(undefined)
  const download = useDownload()
  return (
    <Section
      title="Captured bytes"
      says="As the source gave them. Each look and each download is recorded in the audit trail."
    >
      {download.error && <Trouble error={download.error} />}
      <PlainTable
        label="Captured files"
        rows={captures}
        rowKey={(row) => String(row.n)}
        empty="This reading kept no bytes."
        columns={[
          { id: 'name', header: 'Name', cell: (row) => <Mono>{row.name}</Mono> },
          { id: 'size', header: 'Size', width: '80px', align: 'end', cell: (row) => sizeText(row.size_bytes) },
          { id: 'at', header: 'Captured', width: '160px', from: 'lg', cell: (row) => <Moment at={row.captured_at} /> },
          {
            id: 'sha',
            header: 'SHA-256',
            width: '140px',
            from: 'lg',
            cell: (row) => <Mono full={row.sha256}>{shortHash(row.sha256)}</Mono>,
          },
          {
            id: 'do',
            header: '',
            width: '180px',
            align: 'end',
            cell: (row) => (
              <span className="inline-flex gap-1">
                <Button small weight="quiet" onClick={() => setShown(row)}>
                  <Eye /> Look
                </Button>
                <Button
                  small
                  weight="quiet"
                  busy={download.isPending}
                  onClick={() => download.mutate(`/api/v1/files/${encodeURIComponent(id)}/${row.n}`)}
                >
                  <Download /> Save
                </Button>
              </span>
            ),
          },
        ]}
      />
      <Dialog
        open={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown?.name ?? ''}
        says={shown && `${shown.media_type}, ${sizeText(shown.size_bytes)}`}
        wide
      >
        {shown && (
          <div className="flex flex-col gap-4">
            {Object.keys(shown.request).length > 0 && (
              <CodeBlock label="What was asked" text={JSON.stringify(shown.request, null, 2)} />
            )}
            {Object.keys(shown.response).length > 0 && (
              <CodeBlock label="What came back besides" text={JSON.stringify(shown.response, null, 2)} />
            )}
            <Preview id={id} n={shown.n} />
          </div>
        )}
      </Dialog>
    </Section>
  )
}
