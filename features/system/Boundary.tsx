// SPDX-License-Identifier: Apache-2.0
import { Tag } from '../../web/ui/Status.tsx'
import { Fact, Facts, Section } from '../../web/ui/Text.tsx'
import { categoryText, count, sentence, STAGE_CHOICES } from '../../web/words.ts'
import type { Scope } from './scope.ts'

/** What is inside, what is left out and why, and on whom the system rests. */
export function Boundary({ document }: { document: Scope }) {
  const stage = STAGE_CHOICES.find((choice) => choice.value === document.stage)
  return (
    <div className="grid grid-cols-1 gap-8 lg:grid-cols-2">
      <Section title="System">
        <Facts>
          <Fact name="Name">{document.system_name}</Fact>
          {document.purpose && <Fact name="Purpose">{document.purpose}</Fact>}
          <Fact name="Services">
            <ul>
              {document.services.map((service) => (
                <li key={service.name}>
                  {service.name}
                  {service.description && <span className="text-ink-2">: {service.description}</span>}
                </li>
              ))}
            </ul>
          </Fact>
          <Fact name="Categories">
            <span className="flex flex-wrap gap-1">
              {document.categories.map((category) => (
                <Tag key={category}>{categoryText(category)}</Tag>
              ))}
            </span>
          </Fact>
          <Fact name="Stage">
            {stage?.label ?? sentence(document.stage)}, {count(document.people, 'person', 'people')}
          </Fact>
          <Fact name="Time zone">{document.time_zone}</Fact>
        </Facts>
      </Section>
      <Section title="Inside the boundary">
        <ul className="list-disc pl-5">
          {document.inside.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Section>
      <Section title="Left out">
        {document.outside.length === 0 ? (
          <p className="text-ink-3">Nothing is left out.</p>
        ) : (
          <ul className="flex flex-col gap-2">
            {document.outside.map((row) => (
              <li key={row.what}>
                {row.what}
                <span className="block text-sm text-ink-2">Because {row.because}</span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Subservice organisations">
        {document.subservice_organizations.length === 0 ? (
          <p className="text-ink-3">None: the system rests on no provider's own controls.</p>
        ) : (
          <ul className="flex flex-col gap-3">
            {document.subservice_organizations.map((organization) => (
              <li key={organization.name}>
                <span className="font-medium">{organization.name}</span>{' '}
                <Tag>{organization.method === 'inclusive' ? 'Inclusive' : 'Carve-out'}</Tag>
                <span className="block text-ink-2">{organization.service}</span>
                {organization.criteria.length > 0 && (
                  <span className="block text-sm text-ink-3">Needed for {organization.criteria.join(', ')}</span>
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </div>
  )
}
