// SPDX-License-Identifier: Apache-2.0
import { request } from './client.ts'

/** How far whoever holds this browser's cookie is. */
export type Stage = 'open' | 'second-factor' | 'enrol'

export interface AuthState {
  /** Whether nobody has an account yet. */
  readonly setup: boolean
  readonly session: {
    readonly stage: Stage
    readonly user: { readonly id: string; readonly name: string; readonly email: string }
    readonly organization: { readonly id: string; readonly name: string }
    readonly second_factor: {
      readonly required: boolean
      readonly enrolled: boolean
      readonly recovery_codes_left: number
    }
  } | null
}

export interface Session {
  readonly id: string
  readonly created_at: string
  readonly seen_at: string
  readonly expires_at: string
  readonly address: string
  readonly agent: string
  readonly is_this: boolean
}

type SignedIn =
  | { readonly stage: Stage }
  | { readonly stage: 'organization'; readonly organizations: readonly { id: string; name: string }[] }

const post = <T>(path: string, body: object = {}): Promise<T> =>
  request<T>(`/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

export const authState = (): Promise<AuthState> => request('/api/auth/state')
export const setUp = (input: {
  token: string
  organization: string
  name: string
  email: string
  password: string
}): Promise<{ stage: Stage }> => post('setup', input)
export const signIn = (input: { email: string; password: string; organization?: string }): Promise<SignedIn> =>
  post('sign-in', input)
export const secondFactor = (proof: { code: string } | { recovery_code: string }): Promise<{ stage: Stage }> =>
  post('second-factor', proof)
export const signOut = (): Promise<unknown> => post('sign-out')
export const readInvitation = (
  token: string,
): Promise<{ purpose: 'join' | 'password'; name: string | null; email: string | null }> => post('invitation', { token })
export const acceptInvitation = (token: string, password: string): Promise<{ stage: Stage }> =>
  post('accept-invitation', { token, password })
export const startTotp = (
  again: { password?: string; code?: string } = {},
): Promise<{ uri: string; svg: string; secret: string }> => post('totp/start', again)
export const confirmTotp = (code: string): Promise<{ stage: Stage; recovery_codes: readonly string[] }> =>
  post('totp/confirm', { code })
export const changePassword = (current: string, password: string): Promise<{ stage: Stage }> =>
  post('change-password', { current, password })
export const listSessions = (): Promise<{ rows: readonly Session[] }> => request('/api/auth/sessions')
export const revokeSession = (session: string): Promise<unknown> => post('sessions/revoke', { session })
