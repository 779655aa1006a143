// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import type { Config, Connector, Io, Place, SourceOf } from '../../catalog/connector.ts'
import type { Resolve } from '../../lib/egress.ts'
import { openGit } from '../../lib/git-mirror.ts'
import type { GitLimits } from '../../lib/git-process.ts'
import { openSql, type SqlLimits } from '../../lib/postgres-reader.ts'
import type { Recorder } from '../../lib/recorder.ts'
import type { Services } from '../../lib/services.ts'
import { isPassing } from '../../lib/trouble.ts'
import type { Secrets } from './connections.store.ts'

/** What tests set otherwise: how long to wait, how much to take, how names are looked up. */
export interface Runtime {
  readonly git?: GitLimits
  readonly sql?: SqlLimits
  readonly resolve?: Resolve
  /** Pauses before further attempts to reach a source, in milliseconds. */
  readonly pauses?: readonly number[]
}

const PAUSES = [500, 3000]

export interface Opening {
  readonly connection: { readonly id: string; readonly config: Config }
  readonly connector: Connector
  readonly secrets: Secrets
  readonly recorder: Recorder
  readonly signal: AbortSignal
  readonly org: string
}

/** Reaches the source of a connection, trying again where that may help. @throws SourceTrouble */
export async function openSource(services: Services, opening: Opening, runtime: Runtime): Promise<Io> {
  const pauses = runtime.pauses ?? PAUSES
  for (let attempt = 0; ; attempt++) {
    try {
      return { cfg: opening.connection.config, source: await reach(services, opening, runtime) } as Io
    } catch (error) {
      const pause = pauses[attempt]
      if (pause === undefined || !isPassing(error) || opening.signal.aborted) throw error
      // Full jitter, so that many connections to one server that restarts do not come back together.
      await new Promise((done) => setTimeout(done, Math.random() * pause))
    }
  }
}

async function reach(services: Services, opening: Opening, runtime: Runtime): Promise<SourceOf<Place>> {
  const { config } = services
  const place = opening.connector.place(opening.connection.config)
  const common = {
    egress: { allowPrivate: config.allowPrivateNetwork },
    recorder: opening.recorder,
    secrets: opening.secrets,
    signal: opening.signal,
    ...(runtime.resolve ? { resolve: runtime.resolve } : {}),
  }
  if (place.type === 'sql')
    return await openSql(place, { ...common, own: services.monitor, ...(runtime.sql ? { limits: runtime.sql } : {}) })
  return await openGit(place, {
    ...common,
    folder: join(config.dataDir, 'connections', opening.org, opening.connection.id),
    own: config.dataDir,
    ...(runtime.git ? { limits: runtime.git } : {}),
  })
}
