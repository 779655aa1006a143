// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { Mark } from '../../web/ui/Mark.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { capital } from '../../web/words.ts'

type Gate = Output<'readiness.overview'>['start_gate'][number]

const SHOWN = 12

/** What stands against starting the period, by name. */
export function StartGate({ gate }: { gate: readonly Gate[] }) {
  if (gate.length === 0) return null
  const open = gate.filter((rule) => !rule.met).length
  return (
    <Section
      title="May the period start?"
      says={
        open === 0
          ? 'Nothing stands against it.'
          : 'Management may start with a hole when it names the risk; these are the holes.'
      }
    >
      <ul className="divide-y divide-line border-y border-line">
        {gate.map((rule) => (
          <li key={rule.rule} className="flex gap-3 py-2.5">
            <span className="mt-0.75">
              <Mark tone={rule.met ? 'pass' : 'late'} />
            </span>
            <div>
              <p>
                {capital(rule.rule)}
                <span className="sr-only">{rule.met ? ': met' : ': not met'}</span>
              </p>
              {rule.missing.length > 0 && (
                <p className="text-sm text-ink-2">
                  Still missing: {rule.missing.slice(0, SHOWN).join(', ')}
                  {rule.missing.length > SHOWN && ` and ${rule.missing.length - SHOWN} more`}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
