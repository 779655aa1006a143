#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Verifies an unpacked Assay evidence bundle with bash, GNU coreutils, find, grep, sed and OpenSSL 3, and nothing else.
#
#   bash data/VERIFY.sh [folder of the bundle] [--key <verifier key of the log>] [--tsa <root certificates.pem>]
#
# A script that comes with a bundle could be made to lie: read it, or take it from where you trust.
set -Eeuo pipefail
export LC_ALL=C

bag='' pinned='' roots=''
wrong() { echo "$1"; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --key | --tsa) [ -n "${2:-}" ] || wrong "$1 needs a value" ;;&
    --key) pinned=$2; shift 2 ;;
    --tsa) [ -r "$2" ] || wrong "$2 cannot be read"; roots=$(realpath "$2"); shift 2 ;;
    -*) wrong "there is no $1" ;;
    *) bag=$1; shift ;;
  esac
done
cd "${bag:-$(dirname "$0")/..}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { printf 'REFUSED: %s\nDo not rely on this bundle.\n' "$*"; exit 1; }
trap 'fail "line $LINENO could not be carried out"' ERR
digest() { sha256sum "$1" | cut -c 1-64; }
raw() { openssl dgst -sha256 -binary; }
hex() { od -An -v -tx1 | tr -d ' \n'; }

# 1. The bag: every file listed, whole, and no other. BagIt, RFC 8493.
[ -f bagit.txt ] || { echo 'This is no bundle: bagit.txt is missing.'; exit 2; }
[ -z "$(find . ! -type f ! -type d)" ] || fail 'there are links or devices in the folder'
find . -type f | sed 's|^\./||' | sort > "$tmp/all"
grep '^data/' "$tmp/all" > "$tmp/payload"
printf '%s\n' bag-info.txt bagit.txt manifest-sha256.dsse.json manifest-sha256.txt > "$tmp/tags"
{ cat "$tmp/tags"; echo tagmanifest-sha256.txt; } | cmp -s - <(grep -v '^data/' "$tmp/all") || fail 'other files than the tag files lie beside data/'
listed() {
  ! grep -Evq '^[0-9a-f]{64}  [^ ].*$' "$1" && [ -z "$(tail -c 1 "$1" | tr -d '\n')" ] || fail "$1 has a line of another form"
  cut -c 67- "$1" | cmp -s - "$2" || fail "$1 does not list exactly the files that are there"
  sha256sum --check --strict --quiet "$1" || fail "a file is not the one that $1 lists"
}
listed tagmanifest-sha256.txt "$tmp/tags"
listed manifest-sha256.txt "$tmp/payload"
printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' | cmp -s - bagit.txt || fail 'bagit.txt is another'
echo "ok  $(wc -l < "$tmp/payload") files are listed and whole, none is unlisted"

# 2. The log signed its size and root. C2SP signed-note and tlog-checkpoint; Ed25519.
mkdir "$tmp/logs" "$tmp/collectors"
addkey() { # <verifier key>: keeps its public key as logs/<name hash>-<id>.pem
  local name=${1%%+*} rest=${1#*+}
  local id=${rest%%+*} key=${rest#*+}
  [ "$( { printf '%s\n' "$name"; printf %s "$key" | base64 -d; } | raw | head -c 4 | hex)" = "$id" ] || fail "the key $1 does not have that id"
  { printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; printf %s "$key" | base64 -d | tail -c 32; } \
    | openssl pkey -pubin -inform DER -out "$tmp/$2/$(printf %s "$name" | raw | hex)-$id.pem"
}
opennote() { # <note> <folder of keys>: text in $tmp/text; fails unless a known key signed and no known key's line is wrong
  local dash name sig id pem signed=''
  sed '/^$/,$d' "$1" > "$tmp/text"
  while read -r dash name sig; do
    printf %s "$sig" | base64 -d > "$tmp/sig"
    id=$(head -c 4 "$tmp/sig" | hex)
    pem="$tmp/$2/$(printf %s "$name" | raw | hex)-$id.pem"
    [ -f "$pem" ] || continue
    tail -c +5 "$tmp/sig" > "$tmp/sig64"
    openssl pkeyutl -verify -pubin -inkey "$pem" -rawin -in "$tmp/text" -sigfile "$tmp/sig64" > /dev/null 2>&1 || fail "$1: the signature of $name+$id is wrong"
    [ "$name" = "$(sed -n 1p "$tmp/text")" ] && signed=$name+$id
  done < <(sed '1,/^$/d' "$1")
  [ -n "$signed" ] || fail "$1 is signed by no known key of the log"
  signer=$signed
}
while read -r vkey; do addkey "$vkey" logs; done < data/trust/log.vkey
opennote data/log/checkpoint logs
if [ -n "$pinned" ]; then mkdir "$tmp/pinned"; addkey "$pinned" pinned; opennote data/log/checkpoint pinned; fi
origin=$(sed -n 1p "$tmp/text") size=$(sed -n 2p "$tmp/text")
root=$(sed -n 3p "$tmp/text")
printf %s "$root" | base64 -d > "$tmp/root"
echo "ok  the log $origin of $size entries is signed by $signer"

# 3. Leaves and their statements. RFC 9162 2.1.3.2; DSSE; in-toto.
node() { { printf '\x01'; cat "$1" "$2"; } | raw; }
parent() { { printf '\x01'; printf %s "$1" | base64 -d; printf %s "$2" | base64 -d; } | raw | base64; }
# Nodes of the tree that a path to the root has passed or touched, by level:index. Most paths meet in them, so that most
# nodes are hashed once for the whole bundle and only compared afterwards.
declare -A known
included() { # <folder>: its leaf is in the tree; sets index, manifest, kind
  local leaf=$1/leaf.json proof=$1/leaf.json.tlog-proof lines text
  text=$(< "$leaf")
  [[ $text =~ ^\{\"k\":\"([a-z]+)\",\"m\":\"sha256:([0-9a-f]{64})\",\"n\":[0-9]+(,\"p\":\"sha256:[0-9a-f]{64}\")?,\"s\":\"st_[0-9a-f]{32}\",\"t\":[0-9]+,\"v\":1\}$ ]] || fail "$leaf is no leaf"
  kind=${BASH_REMATCH[1]} manifest=${BASH_REMATCH[2]}
  mapfile -t lines < "$proof"
  [ "${lines[0]:-}" = 'c2sp.org/tlog-proof@v1' ] || fail "$proof is no proof"
  [[ ${lines[1]:-} =~ ^index\ (0|[1-9][0-9]{0,14})$ ]] && [ "${BASH_REMATCH[1]}" -lt "$size" ] || fail "$proof has no index in the tree"
  index=${BASH_REMATCH[1]}
  sed '1,/^$/d' "$proof" | cmp -s - data/log/checkpoint || fail "$proof is for another checkpoint"
  local fn=$index sn=$((size - 1)) level=0 at=2 here sibling above left right line
  here=$({ printf '\x00'; cat "$leaf"; } | raw | base64)
  local -A path=(["0:$fn"]=$here)
  while line=${lines[at]:-} && [ -n "$line" ]; do
    [[ $line =~ ^[A-Za-z0-9+/]{43}=$ ]] && [ "$sn" -gt 0 ] || fail "$proof is too long, or a line of it is no hash"
    if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
      while [ $((fn & 1)) = 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)) level=$((level + 1)); done
      path[$level:$fn]=$here sibling=$level:$((fn - 1)) left=$line right=$here
    else sibling=$level:$((fn + 1)) left=$here right=$line; fi
    above=$((level + 1)):$((fn >> 1))
    if [ "${known[$level:$fn]:-}" = "$here" ] && [ "${known[$sibling]:-}" = "$line" ] && [ -n "${known[$above]:-}" ]; then
      here=${known[$above]}
    else here=$(parent "$left" "$right"); fi
    path[$sibling]=$line path[$above]=$here
    fn=$((fn >> 1)) sn=$((sn >> 1)) level=$((level + 1)) at=$((at + 1))
  done
  [ "$sn" = 0 ] && [ "$here" = "$root" ] || fail "$leaf is not in the signed tree"
  for at in "${!path[@]}"; do known[$at]=${path[$at]}; done
}
payload() { # <envelope>: its payload in $tmp/statement, its parts in keyid and $tmp/dsse
  [ "$(cut -d '"' -f 2,6,8,10,12,16 "$1")" = 'payload"payloadType"application/vnd.in-toto+json"signatures"keyid"sig' ] || fail "$1 is no envelope"
  cut -d '"' -f 4 "$1" | base64 -d > "$tmp/statement"
  cut -d '"' -f 18 "$1" | base64 -d > "$tmp/dsse"
  keyid=$(cut -d '"' -f 14 "$1")
  [[ $keyid =~ ^[0-9a-f]{16}$ ]] || fail "$1 names no key of a collector"
}
signed() { # <envelope> <index>: a collector announced before that index signed it
  payload "$1"
  [ -f "$tmp/collectors/$keyid.pem" ] && [ "$(cat "$tmp/collectors/$keyid.from")" -le "$2" ] || fail "$1 is signed by a key that is not announced before it"
  { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$tmp/statement")"; cat "$tmp/statement"; } > "$tmp/pae"
  openssl dgst -sha256 -verify "$tmp/collectors/$keyid.pem" -signature "$tmp/dsse" "$tmp/pae" > /dev/null 2>&1 || fail "$1: the signature is wrong"
}
announce() { # <first index it may sign>: keeps the collector's key that $tmp/statement announces, if it does
  local id
  grep -q '"purpose":"collector"' "$tmp/statement" || return 0
  id=$(grep -o '"id":"[0-9a-f]\{16\}"' "$tmp/statement" | head -1 | cut -d '"' -f 4)
  [ -n "$id" ] && [ ! -e "$tmp/collectors/$id.pem" ] || return 0
  printf %b "$(grep -o '"public":"-----BEGIN PUBLIC KEY-----[^"]*"' "$tmp/statement" | cut -d '"' -f 4)" > "$tmp/collectors/$id.pem"
  echo "$1" > "$tmp/collectors/$id.from"
}
proved() { # <folder>: leaf, statement and signature
  included "$1"
  [ "$(digest "$1/manifest.dsse.json")" = "$manifest" ] || fail "$1: the leaf commits to another statement"
  signed "$1/manifest.dsse.json" "$index"
  grep -q "\"predicateType\":\"https://assay.dev/attestation/$kind/v1\"" "$tmp/statement" || fail "$1: the statement is of another kind than its leaf"
}
find data/trust/keys -mindepth 1 -maxdepth 1 -type d | sed 's|.*/||' | sort -n > "$tmp/keyleaves"
while read -r n; do # the first collector's key signs its own announcement; the log's signature covers it
  payload "data/trust/keys/$n/manifest.dsse.json"
  announce 0
  [ -z "$(find "$tmp/collectors" -name '*.pem')" ] || break
done < "$tmp/keyleaves"
: > "$tmp/announced"
while read -r n; do
  proved "data/trust/keys/$n"
  [ "$kind" = key ] || fail "data/trust/keys/$n announces no key"
  announce $((index + 1))
  grep -o '"public":"[^"]*"' "$tmp/statement" | cut -d '"' -f 4 >> "$tmp/announced"
done < "$tmp/keyleaves"
while read -r vkey; do grep -qxF "$vkey" "$tmp/announced" || fail "the key $vkey is not announced in the log"; done < data/trust/log.vkey
for pem in data/trust/collectors/*.pem; do
  cmp -s "$pem" "$tmp/collectors/$(basename "$pem")" || fail "$pem is not announced in the log"
done
openssl pkey -pubin -in data/trust/log.pub.pem -outform DER | tail -c 32 | base64 > "$tmp/logkey"
cut -d + -f 3- data/trust/log.vkey | while read -r key; do printf %s "$key" | base64 -d | tail -c 32 | base64; done | grep -qxF "$(cat "$tmp/logkey")" || fail 'data/trust/log.pub.pem is another key'
echo "ok  $(wc -l < "$tmp/keyleaves") keys are announced in the log"

# 4. Evidence: leaf, statement, signature, files.
items=0 erased=0 files=0
while read -r leaf; do
  item=${leaf%/leaf.json}
  items=$((items + 1))
  if [ -f "$item/manifest.dsse.json" ]; then
    proved "$item"
    if [ -d "$item/files" ]; then
      sed 's/.*"subject":\[//' "$tmp/statement" | grep -o '"digest":{"sha256":"[0-9a-f]\{64\}"}' | cut -d '"' -f 6 | sort > "$tmp/named"
      find "$item/files" -type f -exec sha256sum {} + | cut -c 1-64 | sort > "$tmp/present"
      cmp -s "$tmp/named" "$tmp/present" || fail "$item: the files are not those that the statement names"
      files=$((files + $(wc -l < "$tmp/present")))
    else
      grep -q "\"name\":\"$kind.json\"}\]}\$" "$tmp/statement" || fail "$item: files that the statement names are missing"
    fi
  else
    included "$item"
    target=$manifest at=$index
    proved "$item/erasure"
    [ "$kind" = erasure ] && [ "$index" -gt "$at" ] && grep -q "\"target\":\"sha256:$target\"" "$tmp/statement" || fail "$item: the statement is missing, and no leaf says that it was erased"
    erased=$((erased + 1))
  fi
done < <(grep -E '^data/evidence/[^/]+/[^/]+/leaf\.json$' "$tmp/payload" || true)
echo "ok  $items items of evidence ($erased erased) with $files files are in the log, signed, and unchanged"

# 5. The seal: a collector signed the list of files.
signed manifest-sha256.dsse.json "$size"
for tag in bag-info.txt bagit.txt manifest-sha256.txt; do
  grep -qF "{\"digest\":{\"sha256\":\"$(digest "$tag")\"},\"name\":\"$tag\"}" "$tmp/statement" || fail "the seal is for another $tag"
done
echo "ok  the list of files is signed by the collector $keyid"

# 6. Earlier checkpoints are the beginning of this log. RFC 9162 2.1.4.2.
grows() { # <folder>: its checkpoint is consistent with the bundle's
  local m n fn sn line first=1
  opennote "$1/checkpoint" logs
  m=$(sed -n 2p "$tmp/text") n=$size
  [ "$(sed -n 1p "$tmp/text")" = "$origin" ] && [ "$m" -lt "$n" ] || fail "$1 is no earlier checkpoint of this log"
  sed -n 3p "$tmp/text" | base64 -d > "$tmp/old"
  fn=$((m - 1)) sn=$((n - 1))
  while [ $((fn & 1)) = 1 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
  [ "$fn" != 0 ] || { cp "$tmp/old" "$tmp/fr"; cp "$tmp/old" "$tmp/sr"; first=0; }
  while read -r line; do
    printf %s "$line" | base64 -d > "$tmp/p"
    if [ $first = 1 ]; then cp "$tmp/p" "$tmp/fr"; cp "$tmp/p" "$tmp/sr"; first=0; continue; fi
    [ "$sn" -gt 0 ] || fail "$1/consistency is too long"
    if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
      node "$tmp/p" "$tmp/fr" > "$tmp/n"; mv "$tmp/n" "$tmp/fr"
      node "$tmp/p" "$tmp/sr" > "$tmp/n"; mv "$tmp/n" "$tmp/sr"
      while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
    else node "$tmp/sr" "$tmp/p" > "$tmp/n"; mv "$tmp/n" "$tmp/sr"; fi
    fn=$((fn >> 1)) sn=$((sn >> 1))
  done < "$1/consistency"
  [ $first = 0 ] && [ "$sn" = 0 ] && cmp -s "$tmp/fr" "$tmp/old" && cmp -s "$tmp/sr" "$tmp/root" || fail "$1: the log does not continue it"
}

# 7. Time-stamps over the exact bytes of checkpoints, at the time they name. RFC 3161.
stamps=0 latest=''
stamped() { # <checkpoint> <response> <authority>
  local said ca=${roots:-data/trust/tsa/$3.pem}
  said=$(openssl ts -reply -in "$2" -text 2> /dev/null | sed -n 's/^Time stamp: //p')
  [ -n "$said" ] || fail "$2 is no time-stamp"
  openssl ts -verify -data "$1" -in "$2" -CAfile "$ca" -attime "$(date -u -d "$said" +%s)" > /dev/null 2>&1 || fail "$2: the time-stamp does not hold"
  stamps=$((stamps + 1)) latest="$said, says $3"
}
while read -r tsr; do
  [[ $tsr =~ ^data/log/checkpoint\.([a-z0-9-]+)\.tsr$ ]] && stamped data/log/checkpoint "$tsr" "${BASH_REMATCH[1]}"
  [[ $tsr =~ ^(data/log/stamps/[0-9]+)/([a-z0-9-]+)\.tsr$ ]] && stamped "${BASH_REMATCH[1]}/checkpoint" "$tsr" "${BASH_REMATCH[2]}"
done < <(grep '\.tsr$' "$tmp/payload" | grep '^data/log/' || true)
while read -r checkpoint; do grows "${checkpoint%/checkpoint}"; done < <(grep -E '^data/log/stamps/[0-9]+/checkpoint$' "$tmp/payload" || true)
if [ $stamps -gt 0 ]; then echo "ok  $stamps time-stamps hold; the last one: $latest"; fi

echo "VERIFIED: $items items of evidence in the log $origin of $size entries."
[ -n "$pinned" ] || printf 'Open:    the key of the log came with the bundle; compare it with the one you were given:\n         %s\n' "$(cat data/trust/log.vkey)"
[ $stamps -gt 0 ] || echo 'Open:    there is no time-stamp: moments are claimed by the log alone'
[ $stamps = 0 ] || [ -n "$roots" ] || echo 'Open:    root certificates of time-stamp authorities came with the bundle; give yours by --tsa'
echo 'Open:    that all entries together give the root, and that no stream has a gap: assay verify recomputes the tree'
echo 'Open:    whether the source systems told the truth, no signature can say'
