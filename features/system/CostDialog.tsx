// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { sentence } from '../../web/words.ts'
import type { Figure } from './Costs.tsx'

/** Plans with a figure of one's own, or with the planning figure again. */
export function CostDialog({ figure, onClose }: { figure: Figure; onClose: () => void }) {
  const { what } = figure
  const [from, setFrom] = useState(String(figure.usd_from))
  const [to, setTo] = useState(figure.usd_to === null ? '' : String(figure.usd_to))
  const [source, setSource] = useState(figure.own ? figure.source : '')
  const save = useCommand('system.saveCost', () => {
    say('The plan reckons with it')
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Cost of ${sentence(what).toLowerCase()}`}
      says="An offer, an invoice or an estimate of your own replaces the planning figure. What was planned before stays on record."
    >
      <Form
        attempt={save}
        submit="Plan with it"
        onCancel={onClose}
        because={from === '' && 'Say an amount first'}
        onSubmit={() =>
          save.mutate({ what, usd_from: Number(from), ...(to === '' ? {} : { usd_to: Number(to) }), source })
        }
      >
        <TextField label="From, in US dollars" type="number" pointer="/usd_from" value={from} onChange={setFrom} />
        <TextField
          label="To, in US dollars"
          help="Empty when there is no upper end"
          optional
          type="number"
          pointer="/usd_to"
          value={to}
          onChange={setTo}
        />
        <TextField
          label="Where it comes from"
          help="Such as an offer and its day"
          pointer="/source"
          value={source}
          onChange={setSource}
        />
        {figure.own && (
          <Button small weight="quiet" onClick={() => save.mutate({ what, source: 'back to the planning figure' })}>
            Back to the planning figure
          </Button>
        )}
      </Form>
    </Dialog>
  )
}
