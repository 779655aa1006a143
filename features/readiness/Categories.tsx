// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import type { Output } from '../../web/client.ts'
import { paths } from '../../web/paths.ts'
import { Ring } from '../../web/ui/Ring.tsx'
import { categoryText } from '../../web/words.ts'

type Category = Output<'readiness.overview'>['categories'][number]

/** Readiness by category: a ring each, with its numbers in words. */
export function Categories({ categories }: { categories: readonly Category[] }) {
  return (
    <ul className="grid gap-x-8 gap-y-4 border-y border-line py-4 sm:grid-cols-2 xl:grid-flow-col xl:auto-cols-fr xl:grid-cols-none">
      {categories.map(({ category, criteria, sentence }) => (
        <li key={category}>
          <Link
            to={paths.criteria}
            search={{ category: category === 'security' ? 'common' : category }}
            className="group flex items-center gap-3 rounded"
          >
            <Ring
              label={`${categoryText(category)}: ${sentence}`}
              parts={[
                { tone: 'pass', n: criteria.ready },
                { tone: 'late', n: criteria.at_risk },
                { tone: 'idle', n: criteria.not_ready },
              ]}
            />
            <span>
              <span className="font-medium group-hover:underline">{categoryText(category)}</span>
              <span className="block text-sm text-ink-2">{sentence}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
