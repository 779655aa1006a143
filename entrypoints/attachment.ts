// SPDX-License-Identifier: Apache-2.0

const LONGEST = 120

/**
 * A `Content-Disposition` that always saves and never shows (RFC 6266): a plain ASCII name for old programs and the real
 * one in UTF-8. Whatever the name was, it comes out as one file name: without folders, control characters, marks that
 * turn the direction of text, leading dots, or more than 120 characters (the ending is kept).
 */
export function attachment(name: string): string {
  const safe = fileName(name)
  const plain = safe.replaceAll(/[^\x20-\x7e]/g, '_').replaceAll(/["\\%]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${percent(safe)}`
}

function fileName(name: string): string {
  const clean = Array.from(
    name
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
      .replaceAll(/[/\\:*?"<>|]/g, '_')
      .replace(/^[.\s]+/, '')
      .replace(/[.\s]+$/, ''),
  )
  if (clean.length === 0) return 'file'
  if (clean.length <= LONGEST) return clean.join('')
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(clean.join(''))?.[0] ?? ''
  return clean.slice(0, LONGEST - ending.length).join('') + ending
}

/** RFC 8187: all but the characters of its `attr-char` are percent-encoded. */
const percent = (text: string): string =>
  encodeURIComponent(text).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
