// SPDX-License-Identifier: Apache-2.0
import { A } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { CodeBlock } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Section } from '../../web/ui/Text.tsx'

/** Which authorities vouch for the ledger's time, and how to set them. */
export function Timestamps() {
  const asked = useAsk('ledger.status', {}, { now: true })
  return (
    <Section
      title="Time-stamp authorities"
      says="An authority outside signs that a tree of the log existed at a moment (RFC 3161). Without one, times are only claimed and recorded, not proven."
    >
      <Loaded of={asked} waiting={<SkeletonRows rows={2} />}>
        {({ authorities, last_timestamp }) => (
          <>
            {authorities.length === 0 ? (
              <p>None is set.</p>
            ) : (
              <ul className="list-disc pl-5">
                {authorities.map((name) => (
                  <li key={name}>{name}</li>
                ))}
              </ul>
            )}
            {last_timestamp && (
              <p className="text-ink-2">
                The last was by {last_timestamp.authority} on <Moment at={last_timestamp.gen_time} />; see{' '}
                <A to={paths.ledger}>the ledger</A>.
              </p>
            )}
            <CodeBlock
              label="Set in the environment of the server, then start it again"
              text={'ASSAY_TSA=freetsa=https://freetsa.org/tsr|/etc/assay/freetsa-roots.pem npm start'}
            />
          </>
        )}
      </Loaded>
    </Section>
  )
}
