// SPDX-License-Identifier: Apache-2.0
import { Download } from 'lucide-react'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { useDownload } from '../../web/download.ts'
import { useAsk } from '../../web/operations.ts'
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { StatusPill } from '../../web/ui/Status.tsx'
import { Answer, Fact, Facts, Note, Section } from '../../web/ui/Text.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { VerifyLink } from '../../web/ui/VerifyLink.tsx'
import { capital, count, sizeText } from '../../web/words.ts'
import { ProofPanel } from '../ledger/ProofPanel.tsx'
import { useNames } from '../people/useNames.tsx'
import { BUNDLE_LOOKS } from './bundle-looks.ts'

type Bundle = Output<'bundles.get'>

/** One bundle: what is in it, where to get it, how a stranger verifies it. */
export function BundleView({ id }: { id: string }) {
  const asked = useAsk('bundles.get', { id }, { every: 3000, now: true })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={5} />}>
      {(bundle) => <Standing bundle={bundle} />}
    </Loaded>
  )
}

function Standing({ bundle }: { bundle: Bundle }) {
  const nameOf = useNames()
  const download = useDownload()
  return (
    <div className="flex flex-col gap-6">
      <StatusPill state={bundle.state} {...BUNDLE_LOOKS[bundle.state]} />
      <Answer>
        <b>{bundle.name}.zip</b>
        {bundle.state === 'done' && bundle.size_bytes !== null && bundle.records !== null
          ? ` holds ${count(bundle.records, 'record')} in ${sizeText(bundle.size_bytes)}.`
          : bundle.state === 'failed'
            ? ' could not be made.'
            : ' is being made; this page shows when it is ready.'}
      </Answer>
      {bundle.because && <Note tone="fail">{capital(bundle.because)}</Note>}
      {bundle.state === 'done' && (
        <div>
          <Button
            weight="primary"
            busy={download.isPending}
            onClick={() => download.mutate(`/api/v1/bundle-files/${encodeURIComponent(bundle.id)}`)}
          >
            <Download /> Save the zip
          </Button>
        </div>
      )}
      {download.error && <Trouble error={download.error} />}
      <Facts>
        <Fact name="What was asked">{wantedText(bundle.wanted)}</Fact>
        <Fact name="Asked for">
          <Moment at={bundle.requested_at} /> by {nameOf(bundle.requested_by)}
        </Fact>
        {bundle.tree_size !== null && <Fact name="Log it covers">{count(bundle.tree_size, 'entry', 'entries')}</Fact>}
        {bundle.sha256 && (
          <Fact name="SHA-256">
            <Mono>{bundle.sha256}</Mono>
          </Fact>
        )}
      </Facts>
      {bundle.state === 'done' && (
        <Section title="Verify it" says="Any of these. Change one byte of the zip and each of them refuses it.">
          <CodeBlock
            label="With bash, coreutils and openssl alone"
            text={`unzip ${bundle.name}.zip\ncd ${bundle.name} && bash data/VERIFY.sh`}
          />
          <CodeBlock
            label="With Assay's verifier, which needs no server"
            text={`npx assay verify ${bundle.name}.zip`}
          />
          <p>
            Or drop it on <VerifyLink>the verify page</VerifyLink>.
          </p>
        </Section>
      )}
      {bundle.manifest && (
        <Section title="The export itself is a record" says="Its leaf commits to the zip's SHA-256.">
          <ProofPanel manifest={bundle.manifest} />
        </Section>
      )}
    </div>
  )
}

function wantedText(wanted: Bundle['wanted']): string {
  const parts = Object.entries(wanted).flatMap(([name, value]) => {
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return []
    const text = Array.isArray(value) ? value.join(', ') : String(value)
    return [`${name.replaceAll('_', ' ')} ${/^\d{4}-\d{2}-\d{2}$/.test(text) ? dayText(text) : text}`]
  })
  return parts.length === 0 ? 'Everything' : parts.join('; ')
}
