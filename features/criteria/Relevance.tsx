// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Note, Section } from '../../web/ui/Text.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { say } from '../../web/ui/toasts.ts'
import { useNames } from '../people/useNames.tsx'
import type { Relevance as State } from './criteria.ts'

/** Whether the criterion applies; that it does not needs a rationale, an executive, and later the auditor. */
export function Relevance({ id, relevance }: { id: string; relevance: State }) {
  const [asking, setAsking] = useState<'propose' | 'withdraw' | undefined>(undefined)
  const mayPropose = useNeeds('so_admin', 'compliance_manager', 'advisor')
  const mayApprove = useNeeds('executive')
  const nameOf = useNames()
  const listed = useAsk('criteria.list', {})
  const decision = listed.data?.rows.find((row) => row.id === id)?.decision
  const approve = useCommand('criteria.approveNotRelevant', () =>
    say(`${id} counts as not relevant`, 'The auditor still has to agree.'),
  )
  return (
    <Section
      title="Relevance"
      aside={
        relevance === 'applies' ? (
          <Button small because={mayPropose} onClick={() => setAsking('propose')}>
            Propose that it does not apply
          </Button>
        ) : (
          <>
            {relevance === 'proposed_not_relevant' && (
              <Button
                small
                weight="primary"
                because={mayApprove}
                busy={approve.isPending}
                onClick={() => approve.mutate({ criterion_id: id })}
              >
                Approve
              </Button>
            )}
            <Button small because={mayPropose} onClick={() => setAsking('withdraw')}>
              Withdraw: it applies
            </Button>
          </>
        )
      }
    >
      {relevance === 'applies' && (
        <p className="text-ink-2">It applies, because a category of the scope contains it.</p>
      )}
      {relevance === 'proposed_not_relevant' && (
        <Note tone="late">Proposed as not relevant; it counts until a management signatory approves.</Note>
      )}
      {relevance === 'not_relevant' && (
        <Note tone="except">Left out by management; the auditor still has to agree.</Note>
      )}
      {decision && (
        <p className="prose-line text-ink-2">
          {decision.rationale} ({nameOf(decision.decided_by)}, <Moment at={decision.recorded_at} />)
        </p>
      )}
      {approve.error && <Trouble error={approve.error} />}
      {asking && <Ask id={id} what={asking} onClose={() => setAsking(undefined)} />}
    </Section>
  )
}

function Ask({ id, what, onClose }: { id: string; what: 'propose' | 'withdraw'; onClose: () => void }) {
  const [words, setWords] = useState('')
  const propose = useCommand('criteria.proposeNotRelevant', onClose)
  const withdraw = useCommand('criteria.withdrawNotRelevant', onClose)
  const attempt = what === 'propose' ? propose : withdraw
  return (
    <Dialog
      open
      onClose={onClose}
      title={what === 'propose' ? `${id} does not apply?` : `${id} applies again?`}
      says={
        what === 'propose'
          ? 'The description lists criteria that do not apply with the reason for each.'
          : 'It counts again from now on; the decision before stays visible.'
      }
    >
      <Form
        attempt={attempt}
        submit={what === 'propose' ? 'Propose' : 'Withdraw'}
        onCancel={onClose}
        onSubmit={() =>
          what === 'propose'
            ? propose.mutate({ criterion_id: id, rationale: words })
            : withdraw.mutate({ criterion_id: id, because: words })
        }
      >
        <TextArea
          label="Because"
          help="At least 20 characters, in words that a reader of the report understands"
          pointer={what === 'propose' ? '/rationale' : '/because'}
          value={words}
          onChange={setWords}
        />
      </Form>
    </Dialog>
  )
}
