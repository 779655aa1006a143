// SPDX-License-Identifier: Apache-2.0
import { Stamp } from 'lucide-react'
import type { Output } from '../../web/client.ts'
import { momentText } from '../../web/dates.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { useSearchText } from '../../web/search.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { Answer, Note } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { count } from '../../web/words.ts'
import { AuditTrail } from './AuditTrail.tsx'
import { Checkpoints } from './Checkpoints.tsx'
import { Keys } from './Keys.tsx'
import { Leaves } from './Leaves.tsx'
import { LogPicture } from './LogPicture.tsx'
import { VerifyCommands } from './VerifyCommands.tsx'
import { later } from '../../web/ui/later.tsx'

const ProofPanel = later(async () => (await import('./ProofPanel.tsx')).ProofPanel)

type Status = Output<'ledger.status'>

/** The transparency log under everything: how much is signed and stamped, every leaf, and how to check it. */
export function LedgerPage() {
  const asked = useAsk('ledger.status', {}, { now: true, every: 30_000 })
  const [open, setOpen] = useSearchText('open')
  return (
    <Page title="Ledger" actions={asked.data && <StampNow status={asked.data} />}>
      <Loaded of={asked}>{(status) => <Standing status={status} />}</Loaded>
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} title="Proof of one record">
        {open && <ProofPanel manifest={open} />}
      </Drawer>
    </Page>
  )
}

function Standing({ status }: { status: Status }) {
  const stamped = status.last_timestamp
  return (
    <>
      {status.frozen && (
        <Note tone="fail">
          <b>Nothing is signed any more.</b> {status.frozen}
        </Note>
      )}
      <Answer>
        <b>{count(status.size, 'record')}</b> {status.size === 1 ? 'is' : 'are'} in the log
        {status.pending > 0 && `, ${count(status.pending, 'more', 'more')} on the way`}.{' '}
        {status.published
          ? `A checkpoint signed over ${count(status.published.size, 'leaf', 'leaves')} was published on ${momentText(status.published.at)}; `
          : 'Nothing is published yet; '}
        {stamped
          ? `${stamped.authority} vouched for ${count(stamped.size, 'leaf', 'leaves')} on ${momentText(stamped.gen_time)}.`
          : 'no time-stamp authority has vouched for it yet.'}
      </Answer>
      <LogPicture
        size={status.size + status.pending}
        sequenced={status.size}
        published={status.published?.size ?? 0}
        stamped={stamped?.size ?? 0}
      />
      {status.witnesses.count === 0 && <Note tone="none">{status.witnesses.says}</Note>}
      <Tabs
        tabs={[
          { id: 'leaves', label: 'Records', content: <Leaves /> },
          { id: 'audit', label: 'Audit trail', content: <AuditTrail /> },
          { id: 'checkpoints', label: 'Checkpoints', content: <Checkpoints /> },
          { id: 'keys', label: 'Keys', content: <Keys /> },
          { id: 'verify', label: 'Verify yourself', content: <VerifyCommands status={status} /> },
        ]}
      />
    </>
  )
}

function StampNow({ status }: { status: Status }) {
  const needs = useNeeds('so_admin', 'compliance_manager')
  const stamp = useCommand('ledger.stamp', ({ authorities }) => say(`${authorities.join(' and ')} will be asked now`))
  const because =
    needs ?? (status.authorities.length === 0 && 'No time-stamp authority is set; see Settings, Time-stamps')
  return (
    <Button because={because} busy={stamp.isPending} onClick={() => stamp.mutate({})}>
      <Stamp /> Time-stamp now
    </Button>
  )
}
