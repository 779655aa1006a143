// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { CopyButton, Mono } from '../../web/ui/Code.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { say } from '../../web/ui/toasts.ts'

type Purpose = 'log' | 'collector'
const PURPOSES: Readonly<Record<Purpose, string>> = {
  log: 'Signs the checkpoints of the log',
  collector: 'Signs the statement of each record',
}

/** The keys that sign for the organisation, and their replacement. */
export function Keys() {
  const asked = useAsk('ledger.keys', {}, { now: true })
  const [replacing, setReplacing] = useState<Purpose | undefined>(undefined)
  const because = useNeeds('so_admin')
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={2} />}>
      {({ rows, overlap_days }) => (
        <Section
          title="Signing keys"
          says={`Their private halves are sealed on the server. When a log key is replaced, it signs along for ${overlap_days} days, so that whoever pinned it can follow.`}
          aside={
            <>
              <Button small because={because} onClick={() => setReplacing('log')}>
                Replace the log key
              </Button>
              <Button small because={because} onClick={() => setReplacing('collector')}>
                Replace the collector key
              </Button>
            </>
          }
        >
          <PlainTable
            label="Signing keys"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              { id: 'purpose', header: 'Purpose', width: '230px', cell: (row) => PURPOSES[row.purpose] },
              {
                id: 'public',
                header: 'Public key',
                from: 'md',
                cell: (row) => (
                  <span className="flex items-start gap-1">
                    <Mono>{row.purpose === 'log' ? row.public : row.id}</Mono>
                    <CopyButton text={row.public} says="Copy the public key" />
                  </span>
                ),
              },
              {
                id: 'state',
                header: 'State',
                width: '140px',
                cell: (row) => <Status state={row.state} tone={row.state === 'in force' ? 'pass' : 'idle'} />,
              },
              {
                id: 'since',
                header: 'Announced',
                width: '170px',
                from: 'sm',
                cell: (row) => <Moment at={row.announced_at} />,
              },
              {
                id: 'until',
                header: 'Until',
                width: '170px',
                from: 'lg',
                cell: (row) => (row.until ? <Moment at={row.until} /> : '–'),
              },
            ]}
          />
          {replacing && <Replace purpose={replacing} onClose={() => setReplacing(undefined)} />}
        </Section>
      )}
    </Loaded>
  )
}

function Replace({ purpose, onClose }: { purpose: Purpose; onClose: () => void }) {
  const rotate = useCommand('ledger.rotateKey', () => {
    say(`The ${purpose} key was replaced`, 'The new key was announced as a record signed by the old one.')
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Replace the ${purpose} key?`}
      says="The new key is announced in the log by the old one. Everything signed before stays verifiable."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button weight="primary" busy={rotate.isPending} onClick={() => rotate.mutate({ purpose })}>
            Replace the {purpose} key
          </Button>
        </>
      }
    >
      {rotate.error && <Trouble error={rotate.error} />}
    </Dialog>
  )
}
