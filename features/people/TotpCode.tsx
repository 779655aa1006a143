// SPDX-License-Identifier: Apache-2.0
import { CopyButton } from '../../web/ui/Code.tsx'

/** The code to scan, and the same as text to type. */
export function TotpCode({ svg, secret }: { svg: string; secret: string }) {
  return (
    <div className="flex flex-col gap-3">
      <img
        alt="Code to scan with an authenticator app"
        src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
        className="size-48 rounded border border-line bg-white"
      />
      <p className="text-sm text-ink-2">
        Or type this key into the app: <CopyButton text={secret} says="Copy the key" />
        <code className="block font-mono text-xs text-ink select-all">{secret.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
    </div>
  )
}
