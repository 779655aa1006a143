// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { CodeBlock } from '../../web/ui/Code.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { VerifyLink } from '../../web/ui/VerifyLink.tsx'

/** What to pin, and how a stranger checks a bundle or the whole log. */
export function VerifyCommands({ status }: { status: Output<'ledger.status'> }) {
  return (
    <div className="flex flex-col gap-8">
      <Section
        title="Pin these"
        says="Write them down, or give them to your auditor at kick-off. Nobody can swap a key or a tree later without it showing."
      >
        <CodeBlock label="Verifier keys of the log" text={status.vkeys.join('\n')} />
        {status.published && <CodeBlock label="Newest published checkpoint" text={status.published.checkpoint} />}
      </Section>
      <Section
        title="Check a bundle"
        says="None of these asks a server. A single record has its own commands: open it in the list of records."
      >
        <CodeBlock label="With Assay's own verifier" text="npx assay verify bundle.zip" />
        <CodeBlock
          label="With tools that Assay's authors did not write: bash, coreutils, openssl"
          text={'unzip bundle.zip\ncd bundle && bash data/VERIFY.sh'}
        />
        <p>
          Or drop the file on <VerifyLink>the verify page</VerifyLink>; it is read in the browser and goes nowhere.
        </p>
      </Section>
    </div>
  )
}
