// SPDX-License-Identifier: Apache-2.0
import { Database, FileUp, GitBranch } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { paths } from '../../web/paths.ts'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Answer } from '../../web/ui/Text.tsx'

const SOURCES = [
  {
    icon: GitBranch,
    title: 'A git repository',
    says: 'Any clone on this machine or remote address: changes, reviews, signatures, tags, branches.',
    to: paths.newConnection,
    search: { connector: 'git' },
  },
  {
    icon: Database,
    title: 'A PostgreSQL server',
    says: "Roles, settings, encryption, access rules, logging. Assay's own database will do.",
    to: paths.newConnection,
    search: { connector: 'postgresql', server: 'own' },
  },
  {
    icon: FileUp,
    title: 'A file you already have',
    says: 'Results of Prowler, OpenSCAP or a code scanner, a CSV export, or any document.',
    to: paths.evidence,
    search: { import: 'open' },
  },
] as const

/** Three ways to the first evidence, none of which needs an account anywhere. */
export function SourceStep({
  says = 'The programme stands. Connect a first source, and its evidence is judged within a minute.',
  later = false,
}: {
  says?: string
  later?: boolean
}) {
  return (
    <div className="flex flex-col gap-6">
      <Answer>{says}</Answer>
      <ul className="max-w-160 divide-y divide-line border-y border-line">
        {SOURCES.map((source) => (
          <li key={source.title}>
            <Link to={source.to} search={source.search} className="flex gap-4 px-1 py-4 hover:bg-hover">
              <source.icon size={20} className="mt-0.5 shrink-0 text-ink-3" aria-hidden="true" />
              <span>
                <span className="font-medium">{source.title}</span>
                <span className="block text-ink-2">{source.says}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {later && (
        <div>
          <ButtonLink to={paths.overview}>Later: go to the overview</ButtonLink>
        </div>
      )}
    </div>
  )
}
