// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { momentText } from '../../web/dates.ts'
import { useAsk } from '../../web/operations.ts'
import { saveFile } from '../../web/table/csv.ts'
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer, Fact, Facts, Note, Section } from '../../web/ui/Text.tsx'
import { count, shortHash } from '../../web/words.ts'
import { VerifyLink } from '../../web/ui/VerifyLink.tsx'
import { PROOF_LOOKS } from './proof-looks.ts'

type Proof = Output<'ledger.proof'>

/** One record's way to a signed root and a time-stamp, and how to check it without Assay. */
export function ProofPanel({ manifest }: { manifest: string }) {
  const asked = useAsk('ledger.proof', { manifest }, { now: true })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={6} />}>
      {(proof) => <Proven proof={proof} />}
    </Loaded>
  )
}

function Proven({ proof }: { proof: Proof }) {
  const { receipt, inclusion } = proof
  const look = PROOF_LOOKS[receipt.state]
  return (
    <div className="flex flex-col gap-6">
      <Answer>{look.says}</Answer>
      <Facts>
        <Fact name="State of proof">
          <Status state={receipt.state} tone={look.tone} label={look.label} />
        </Fact>
        <Fact name="Time claimed">
          <Moment at={receipt.claimed_at} />
        </Fact>
        <Fact name="Time recorded">
          <Moment at={receipt.recorded_at} /> {receipt.is_late && <Status state="late" />}
        </Fact>
        <Fact name="Time proven">{provenText(receipt.proven)}</Fact>
        <Fact name="Position">
          {receipt.index === null ? 'Waits for its index' : `Leaf ${receipt.index.toLocaleString('en')} of the log`}
        </Fact>
        <Fact name="Stream">
          <Mono>{proof.stream}</Mono> number {proof.n}
        </Fact>
        <Fact name="Manifest">
          <Mono>{receipt.manifest}</Mono>
        </Fact>
        <Fact name="Leaf hash">
          <Mono full={proof.leaf_hash}>{shortHash(proof.leaf_hash)}</Mono>
        </Fact>
        {proof.statement && (
          <Fact name="Signed by">
            {proof.statement.actor}; {signatureText(proof.statement.signatures)}
          </Fact>
        )}
      </Facts>
      {proof.erased_by && (
        <Note tone="except">
          The statement was erased by request; its hash stays in the log, so the tree is still whole. Erasure:{' '}
          <Mono full={proof.erased_by}>{shortHash(proof.erased_by)}</Mono>
        </Note>
      )}
      {proof.is_lost && (
        <Note tone="fail">The statement was lost and recovered from the publication by its hash alone.</Note>
      )}
      {proof.timestamps.length > 0 && (
        <Section title="Time-stamps">
          <ul className="flex flex-col gap-1">
            {proof.timestamps.map((stamp) => (
              <li key={stamp.authority + stamp.size}>
                {stamp.authority} vouched on <Moment at={stamp.gen_time} /> for the tree of{' '}
                {count(stamp.size, 'leaf', 'leaves')}
              </li>
            ))}
          </ul>
        </Section>
      )}
      {inclusion && <VerifyYourself inclusion={inclusion} manifest={receipt.manifest} />}
      <Section title="The record itself">
        <CodeBlock label="Leaf, the exact bytes in the log" text={proof.leaf} wrap />
        {proof.statement && (
          <CodeBlock
            label={`Statement, ${proof.statement.payload_type}`}
            text={JSON.stringify(proof.statement.payload, null, 2)}
          />
        )}
      </Section>
    </div>
  )
}

function VerifyYourself({ inclusion, manifest }: { inclusion: NonNullable<Proof['inclusion']>; manifest: string }) {
  return (
    <Section
      title="Verify yourself"
      says={`The proof has ${count(inclusion.path.length, 'hash', 'hashes')} and leads to the signed tree of ${count(inclusion.size, 'leaf', 'leaves')}. The commands need bash, coreutils and openssl, nothing of ours.`}
      aside={
        <Button
          small
          onClick={() => saveFile(`${manifest.slice(0, 12)}.tlog-proof`, [inclusion.tlog_proof], 'text/plain')}
        >
          Save the proof
        </Button>
      }
    >
      <CodeBlock label="Checkpoint, as signed" text={inclusion.checkpoint} />
      <CodeBlock label="Commands" text={inclusion.script} />
      <p className="text-sm text-ink-2">
        A whole bundle is checked at <VerifyLink>the verify page</VerifyLink>, in your browser alone.
      </p>
    </Section>
  )
}

const signatureText = (signatures: readonly { is_valid: boolean }[]): string => {
  const valid = signatures.filter((signature) => signature.is_valid).length
  return valid === signatures.length
    ? count(valid, 'valid signature')
    : `${valid} of ${count(signatures.length, 'signature')} valid`
}

/** `between 3 Mar 2026, 09:00 and 3 Mar 2026, 10:00`; open ends are said. */
export function provenText(proven: { after: string | null; before: string | null }): string {
  if (proven.after && proven.before) return `Between ${momentText(proven.after)} and ${momentText(proven.before)}`
  if (proven.before) return `Before ${momentText(proven.before)}`
  if (proven.after) return `After ${momentText(proven.after)}; no later time-stamp yet`
  return 'Nobody outside has vouched yet'
}
