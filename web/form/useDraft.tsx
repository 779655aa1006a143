// SPDX-License-Identifier: Apache-2.0
import { useState, type ReactNode } from 'react'
import { Button } from '../ui/Button.tsx'
import { Note } from '../ui/Text.tsx'

interface Version<D> {
  readonly n: number
  readonly document: D
}

interface Draft<D> {
  readonly draft: D
  readonly setDraft: (change: (old: D) => D) => void
  /** The version that the draft is a change of; saving names it. */
  readonly began: Version<D>
  /** For the form, when somebody saved a newer version meanwhile: what happened, and what can be done. */
  readonly meanwhile: ReactNode
}

/**
 * A document as it is being changed. What was typed stays, whoever saves another version meanwhile, until its writer
 * decides between the two.
 */
export function useDraft<D>(newest: Version<D>, onDecided: () => void): Draft<D> {
  const [began, setBegan] = useState(newest)
  const [draft, setDraft] = useState(newest.document)
  const go = (document: D): void => {
    setBegan(newest)
    setDraft(() => document)
    onDecided()
  }
  return {
    draft,
    setDraft,
    began,
    meanwhile: newest.n !== began.n && (
      <Note tone="late">
        <p>
          Version {newest.n} was saved while you wrote. What you wrote is still here, as a change of version {began.n}.
        </p>
        <p className="mt-2 flex flex-wrap gap-2">
          <Button small onClick={() => go(draft)}>
            Keep mine, in place of version {newest.n}
          </Button>
          <Button small onClick={() => go(newest.document)}>
            Take version {newest.n}
          </Button>
        </p>
      </Note>
    ),
  }
}
