// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify'
import { MANAGEMENT } from '../lib/action.ts'
import { Refused } from '../lib/refused.ts'
import type { Services } from '../lib/services.ts'
import { actorOf } from './http.ts'

/** `POST /api/v1/uploads`: one multipart file into the inbox. Answers `{id, name, size_bytes, sha256}`. */
export function receiveUploads(app: FastifyInstance, services: Services): void {
  app.post('/api/v1/uploads', async (request) => {
    const actor = actorOf(request)
    if (!actor.roles.some((role) => (MANAGEMENT as readonly string[]).includes(role)))
      throw new Refused('FORBIDDEN', 'only the management side puts evidence forward; auditors request it', {
        status: 403,
      })
    const part = request.isMultipart() ? await request.file() : undefined
    if (!part) throw new Refused('FILE_MISSING', 'expected one file as multipart/form-data, got none', { status: 400 })
    const limit = services.config.maxUploadMb
    const kept = await services.inbox.receive(actor.org, actor.id, part.filename, part.file, services.clock(), () => {
      if (part.file.truncated)
        throw new Refused('FILE_TOO_LARGE', `expected at most ${limit} MB, got more (ASSAY_MAX_UPLOAD_MB)`, {
          status: 413,
        })
    })
    return { id: kept.id, name: kept.name, size_bytes: kept.size_bytes, sha256: kept.sha256 }
  })
}
