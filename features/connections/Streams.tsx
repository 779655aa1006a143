// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { CoverageBar } from '../../web/ui/CoverageBar.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Note } from '../../web/ui/Text.tsx'
import { capital, count, sentence } from '../../web/words.ts'

type Stream = Output<'connections.get'>['streams'][number]

/**
 * What each list of the source held at its newest reading, with its counts.
 * @param said why the whole run failed, which stands above already
 */
export function Streams({ streams, said }: { streams: readonly Stream[]; said: string | null }) {
  return (
    <ul className="divide-y divide-line border-b border-line">
      {streams.map((stream) => (
        <li key={stream.name} className="grid gap-x-10 gap-y-3 py-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
          <div>
            <p className="flex flex-wrap items-center gap-x-3 font-medium">
              {sentence(stream.name)}
              {stream.newest ? <Status state={stream.newest.outcome} /> : <Status state="idle" label="Not read yet" />}
            </p>
            <p className="text-sm text-ink-2">{stream.says}</p>
          </div>
          <Newest newest={stream.newest} said={said} />
        </li>
      ))}
    </ul>
  )
}

function Newest({ newest, said }: { newest: Stream['newest']; said: string | null }) {
  if (!newest) return null
  return (
    <div className="flex flex-col gap-2">
      {newest.why && newest.why !== said && (
        <Note tone={newest.outcome === 'partial' ? 'late' : 'fail'}>{capital(newest.why)}</Note>
      )}
      {newest.outcome !== 'failed' && <CoverageBar {...newest} />}
      {newest.suspect && <Note tone="late">Doubtful: {newest.suspect}</Note>}
      <p className="text-sm text-ink-3">
        <Moment at={newest.at} />; {count(newest.begun, 'fact')} began or changed, {newest.ended} ended.{' '}
        <A to={paths.evidenceItem(newest.collection_id)}>See the evidence</A>
      </p>
      {newest.remarks.map((remark) => (
        <p key={remark} className="text-sm text-ink-2">
          {capital(remark)}
        </p>
      ))}
    </div>
  )
}
