// SPDX-License-Identifier: Apache-2.0
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock } from '../../web/ui/Code.tsx'
import { Moment } from '../../web/ui/Moment.tsx'

/** A link that is shown now and never again. */
export function OneTimeLink({ link, onDone }: { link: { path: string; expires_at: string }; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <CodeBlock text={new URL(link.path, window.location.origin).href} label="Link" wrap />
      <p className="text-ink-2">
        It is shown once, opens once, and ends on <Moment at={link.expires_at} />. Send it over a channel where you know
        who reads it.
      </p>
      <div>
        <Button weight="primary" onClick={onDone}>
          I have copied it
        </Button>
      </div>
    </div>
  )
}
