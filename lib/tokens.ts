// SPDX-License-Identifier: Apache-2.0
import { hash, randomBytes } from 'node:crypto'

/** A secret of 256 random bits as 43 characters of base64url, for links, cookies and keys. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/**
 * What is kept of a token: its SHA-256. A token has 256 random bits, so no salt and no slow hash is needed, and whoever
 * reads the database has nothing that signs in.
 */
export const tokenHash = (token: string): Buffer => hash('sha256', token, 'buffer')
