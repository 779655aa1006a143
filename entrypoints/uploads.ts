// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify'
import { recordDenied } from '../features/people/sign-in.actions.ts'
import { MANAGEMENT, permit, type Actor } from '../lib/action.ts'
import { Refused } from '../lib/refused.ts'
import type { Services } from '../lib/services.ts'
import { actorOf } from './http.ts'

/** `POST /api/v1/uploads`: one multipart file into the inbox. Answers `{id, name, size_bytes, sha256, media_type}`. */
export function receiveUploads(app: FastifyInstance, services: Services): void {
  app.post('/api/v1/uploads', async (request) => {
    const actor = actorOf(request)
    await mayUpload(services, actor)
    const part = request.isMultipart() ? await request.file() : undefined
    if (!part) throw new Refused('FILE_MISSING', 'expected one file as multipart/form-data, got none', { status: 400 })
    const limit = services.config.maxUploadMb
    const kept = await services.inbox.receive(actor.org, actor.id, part.filename, part.file, services.clock(), () => {
      if (part.file.truncated)
        throw new Refused('FILE_TOO_LARGE', `expected at most ${limit} MB, got more (ASSAY_MAX_UPLOAD_MB)`, {
          status: 413,
        })
    })
    const { id, name, size_bytes, sha256, media_type } = kept
    return { id, name, size_bytes, sha256, media_type }
  })
}

/** Only the management side puts evidence forward, and a key only when it may import or attach. @throws Refused FORBIDDEN */
async function mayUpload(services: Services, actor: Actor): Promise<void> {
  const names = ['evidence.import', 'evidence.attach'] as const
  const faults: unknown[] = []
  for (const name of names)
    try {
      permit(name, { may: MANAGEMENT }, actor)
    } catch (error) {
      faults.push(error)
    }
  if (faults.length < names.length) return
  await recordDenied(services, actor, names[0])
  throw faults[0]
}
