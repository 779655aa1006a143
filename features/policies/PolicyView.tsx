// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { StatusPill } from '../../web/ui/Status.tsx'
import { Answer, Fact, Facts, Section } from '../../web/ui/Text.tsx'
import { shortHash } from '../../web/words.ts'
import { useNames } from '../people/useNames.tsx'
import { POLICY_LOOKS } from './policy-looks.ts'
import { later } from '../../web/ui/later.tsx'

const ApprovePolicy = later(async () => (await import('./ApprovePolicy.tsx')).ApprovePolicy)

type Policy = Output<'policies.get'>

/** One policy: what it must cover, who needs it, and each approved version. */
export function PolicyView({ id }: { id: string }) {
  const asked = useAsk('policies.get', { id })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={5} />}>
      {(policy) => <Policy policy={policy} />}
    </Loaded>
  )
}

function Policy({ policy }: { policy: Policy }) {
  const [approving, setApproving] = useState(false)
  const needs = useNeeds('executive', 'compliance_manager')
  const nameOf = useNames()
  return (
    <div className="flex flex-col gap-6">
      <StatusPill state={policy.state} {...POLICY_LOOKS[policy.state]} />
      <Answer>
        <b>{policy.title}</b> must cover: {policy.must_cover}
      </Answer>
      <Facts>
        <Fact name="Needed by">
          {policy.needed_by.length === 0
            ? 'No control in scope'
            : policy.needed_by.map((control, i) => (
                <span key={control}>
                  {i > 0 && ', '}
                  <A to={paths.control(control)}>{control}</A>
                </span>
              ))}
        </Fact>
        <Fact name="Supports">{policy.supports_criteria.join(', ')}</Fact>
      </Facts>
      <Section
        title="Approved versions"
        aside={
          <Button small weight="primary" because={needs} onClick={() => setApproving(true)}>
            Approve a version
          </Button>
        }
      >
        <PlainTable
          label="Approved versions"
          rows={policy.versions}
          rowKey={(row) => String(row.n)}
          empty="No version is approved yet. Add the document as evidence, then approve it here."
          columns={[
            { id: 'label', header: 'Version', width: '80px', cell: (row) => row.version_label },
            { id: 'from', header: 'In force from', cell: (row) => dayText(row.effective_from) },
            { id: 'review', header: 'Next review', cell: (row) => dayText(row.next_review) },
            { id: 'by', header: 'Approved by', from: 'sm', cell: (row) => nameOf(row.approved_by) },
            {
              id: 'document',
              header: 'Document',
              cell: (row) =>
                row.collection_id ? (
                  <A to={paths.evidenceItem(row.collection_id)}>In evidence</A>
                ) : (
                  <>
                    {row.reference} {row.sha256 && <Mono full={row.sha256}>{shortHash(row.sha256)}</Mono>}
                  </>
                ),
            },
          ]}
        />
      </Section>
      {approving && <ApprovePolicy policy={policy} onClose={() => setApproving(false)} />}
    </div>
  )
}
