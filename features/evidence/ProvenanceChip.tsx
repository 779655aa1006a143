// SPDX-License-Identifier: Apache-2.0
import { Fingerprint } from 'lucide-react'
import { useState } from 'react'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { ProofPanel } from '../ledger/ProofPanel.tsx'

/** On every piece of evidence: from where, when, by what; a press shows its proof. */
export function ProvenanceChip({
  source,
  at,
  by,
  manifest,
}: {
  source: string
  at: string
  by: string
  manifest: string
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        className="inline-flex min-h-7 max-w-full self-start flex-wrap items-center gap-x-2 rounded border border-line-strong bg-surface px-2 py-0.5 text-left text-sm hover:bg-hover"
        onClick={() => setOpen(true)}
      >
        <Fingerprint size={14} className="shrink-0 text-ink-3" aria-hidden="true" />
        <span className="font-medium">{source}</span>
        <span className="text-ink-2">
          <Moment at={at} />
        </span>
        <span className="text-ink-3">{by}</span>
        <span className="text-accent">Proof</span>
      </button>
      <Drawer open={open} onClose={() => setOpen(false)} title="Proof" says={`${source}, ${by}`}>
        <ProofPanel manifest={manifest} />
      </Drawer>
    </>
  )
}
