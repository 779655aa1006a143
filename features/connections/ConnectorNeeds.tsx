// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { Mono } from '../../web/ui/Code.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'

type Connector = RowOf<'connections.catalog'>

/** What a connector reads, and what the system has to grant for it and why. */
export function ConnectorNeeds({ needs, streams }: Pick<Connector, 'needs' | 'streams'>) {
  return (
    <aside aria-label="What it reads and needs" className="flex flex-col gap-8">
      <Section title="What it reads">
        <ul className="flex flex-col gap-2">
          {streams.map((stream) => (
            <li key={stream.name}>
              <span className="font-medium">{sentence(stream.name)}</span>
              <span className="block text-sm text-ink-2">{stream.says}</span>
            </li>
          ))}
        </ul>
      </Section>
      <Section
        title="What it needs"
        says={
          needs.length === 0
            ? 'Nothing from you. Assay reads itself by a role that may only read.'
            : 'Nothing else. It never changes anything at the source.'
        }
      >
        <ul className="flex flex-col gap-2">
          {needs.map((need) => (
            <li key={need.id}>
              <Mono>{need.what}</Mono>
              <span className="block text-sm text-ink-2">{need.why}</span>
            </li>
          ))}
        </ul>
      </Section>
    </aside>
  )
}
