// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query'
import { request } from '../../web/client.ts'
import { useShell } from '../../web/layout/shell.ts'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Fact, Facts, Section } from '../../web/ui/Text.tsx'

/** What runs here, and where its description is. */
export function About() {
  const { me } = useShell()
  const api = useQuery({
    queryKey: ['about'],
    queryFn: () => request<{ info: { version: string }; paths: Record<string, unknown> }>('/api/openapi.json'),
    staleTime: Infinity,
  })
  return (
    <div className="flex flex-col gap-8">
      <Section
        title="Assay"
        says="Open-source, self-hosted SOC 2: evidence that proves itself. Assay never issues a report and never says that anything is certified; a licensed CPA examines."
      >
        <Facts>
          <Fact name="Version">{api.data?.info.version ?? '…'}</Fact>
          <Fact name="Organisation">{me.organization.name}</Fact>
          <Fact name="Organisation id">
            <Mono>{me.organization.id}</Mono>
          </Fact>
          <Fact name="Licence">Apache-2.0</Fact>
        </Facts>
      </Section>
      <Section
        title="Everything here is an operation"
        says="The same list serves these pages, the HTTP interface and the command line."
      >
        <CodeBlock
          label="Description of the interface (OpenAPI 3.1)"
          text={`curl ${window.location.origin}/api/openapi.json`}
        />
        <CodeBlock label="Command line" text={'npx assay --help\nnpx assay controls list --json'} />
        {api.data && <p className="text-ink-2">{Object.keys(api.data.paths).length} operations.</p>}
      </Section>
    </div>
  )
}
