// SPDX-License-Identifier: Apache-2.0
import { useParams } from '@tanstack/react-router'
import { Page } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { useAsk } from '../../web/operations.ts'
import { EvidenceView } from './EvidenceView.tsx'
import { streamText } from './provenance.ts'

/** One piece of evidence on its own page. */
export function EvidenceItemPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('evidence.get', { id })
  const title = asked.data
    ? `${asked.data.source_name}: ${streamText(asked.data.stream).toLowerCase()}`
    : 'Evidence item'
  return (
    <Page title={title} crumbs={[{ label: 'Evidence', to: paths.evidence }]} narrow>
      <EvidenceView id={id} />
    </Page>
  )
}
