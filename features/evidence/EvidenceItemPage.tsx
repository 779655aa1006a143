// SPDX-License-Identifier: Apache-2.0
import { useParams } from '@tanstack/react-router'
import { Page } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { useAsk } from '../../web/operations.ts'
import { EvidenceView } from './EvidenceView.tsx'
import { streamWords } from './provenance.ts'

/** One piece of evidence on its own page. */
export function EvidenceItemPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('evidence.get', { id })
  const title = asked.data ? `${asked.data.source_name}: ${streamWords(asked.data.stream)}` : 'Evidence item'
  return (
    <Page title={title} crumbs={[{ label: 'Evidence', to: paths.evidence }]} narrow>
      <EvidenceView id={id} />
    </Page>
  )
}
