// SPDX-License-Identifier: Apache-2.0
import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Structured log on standard error, one JSON object a line; control characters in values are escaped by the JSON. */
export function createLogger(options: { readonly level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: ['password', 'secret', 'token', '*.password', '*.secret', '*.token'], censor: '…' },
    },
    { write: (line: string) => void process.stderr.write(line) },
  )
}
