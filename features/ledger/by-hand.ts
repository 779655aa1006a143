// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../proof/bytes.ts'
import { parseNote, type Verifier } from '../../proof/note.ts'
import { parseCheckpoint } from '../../proof/checkpoint.ts'
import type { TlogProof } from '../../proof/tlog-proof.ts'

/** A leaf, its place, and the way from it to a signed root. */
export interface LeafProof extends TlogProof {
  readonly leaf: Uint8Array
}

/** Prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 bytes of the key follow. */
const ED25519 = '302a300506032b6570032100'
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * A script for bash that checks one leaf with nothing but coreutils and openssl: the way from the leaf to the root, and
 * the log's signature on that root. The reader compares the key with the one pinned at the beginning.
 */
export function scriptFor({ leaf, index, path, checkpoint }: LeafProof, key: Verifier): string {
  const note = parseNote(checkpoint)
  const { size, root } = parseCheckpoint(note.text)
  const signature = note.signatures.find(({ name, id }) => name === key.name && id === key.id)?.signature
  return `# Checks leaf ${index} of the log ${key.name} in the tree of ${size} leaves.
set -eu
cd "$(mktemp -d)"
bytes() { printf %s "$1" | tr a-f A-F | basenc -d --base16; }
digest() { sha256sum | cut -c 1-64; }
leaf=${quoted(new TextDecoder().decode(leaf))}
hash=$({ printf '\\0'; printf %s "$leaf"; } | digest)
at=${index} last=${size - 1}
for other in ${path.map(toHex).join(' ')}; do
  if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then
    hash=$(bytes "01$other$hash" | digest)
    while [ $((at % 2)) = 0 ] && [ "$at" != 0 ]; do at=$((at / 2)) last=$((last / 2)); done
  else
    hash=$(bytes "01$hash$other" | digest)
  fi
  at=$((at / 2)) last=$((last / 2))
done
[ "$hash" = ${toHex(root)} ] || { echo 'The leaf is NOT in the tree.'; exit 1; }
printf %s ${quoted(note.text)} > text
bytes ${ED25519}${toHex(key.publicKey)} > key
bytes ${toHex(signature ?? new Uint8Array(0))} > signature
openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature
echo 'The leaf is in the tree that the log signed.'
`
}
