// SPDX-License-Identifier: Apache-2.0
import { useMutation, type UseMutationResult } from '@tanstack/react-query'
import { request } from './client.ts'

/**
 * Saves a file that belongs to a record. The application's origin hands out a ticket; the content origin, which reads no
 * cookie, takes it once, and the browser saves what it gives instead of showing it.
 */
export const useDownload = (): UseMutationResult<{ url: string }, Error, string> =>
  useMutation({
    mutationFn: (path: string) => request<{ url: string }>(path),
    onSuccess: ({ url }) => window.location.assign(url),
  })
