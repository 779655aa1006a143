// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { Moment } from '../../web/ui/Moment.tsx'
import { Note } from '../../web/ui/Text.tsx'

type SilentRow = Output<'readiness.overview'>['silent'][number]

/** Connections that do not deliver: their days become gaps, so this stands above everything. */
export function Silent({ silent }: { silent: readonly SilentRow[] }) {
  if (silent.length === 0) return null
  return (
    <Note tone="late">
      <ul className="flex flex-col gap-1">
        {silent.map((row) => (
          <li key={row.connection_id}>
            <A to={paths.connection(row.connection_id)}>{row.name}</A> delivers nothing
            {row.since && (
              <>
                {' '}
                since <Moment at={row.since} />
              </>
            )}
            {row.because && `: ${row.because}`}. Days without data are gaps, never passes.
          </li>
        ))}
      </ul>
    </Note>
  )
}
