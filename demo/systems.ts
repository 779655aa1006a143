// SPDX-License-Identifier: Apache-2.0
import { existsSync, renameSync } from 'node:fs'
import type { Actor } from '../lib/action.ts'
import { openRepository, repositoryOf } from './repository.ts'
import type { Stage } from './stage.ts'

/** The code host was moved and nobody told Assay: nine days without data. */
export const SILENT_DAYS = [30, 39] as const
/** Somebody switched the connection log off, and five days later on again. */
export const DRIFT_DAYS = [20, 25] as const
/** Assay's own role could not see how passwords are kept, until somebody granted it. */
export const GRANT_DAY = 6
/** Days on which a change landed that nobody had reviewed. */
export const UNREVIEWED_DAYS: readonly number[] = [45, 66]

const ADA = ['Ada Lind', 'ada@nimbus.example'] as const
const DEV = ['Dev Patel', 'dev@nimbus.example'] as const
const LOGGED = [
  'alter system set log_connections = on',
  'alter system set log_disconnections = on',
  'select pg_reload_conf()',
]
const NOT_LOGGED = ['alter system set log_connections = off', 'select pg_reload_conf()']

/** The company's systems that Assay reads every day. */
export interface Systems {
  /** One day passes at the code host and at the database, and then Assay reads both. */
  live(day: number): Promise<void>
}

/** Makes the repository, sets the database up, and connects both. */
export async function connectSystems(stage: Stage, ada: Actor): Promise<Systems> {
  const { here: folder, moved } = repositoryOf(stage.services.config.dataDir)
  const repository = openRepository(folder)
  repository.commit({ title: 'Begin', author: ADA, at: stage.now(), reviewer: DEV })
  await stage.administer(LOGGED)
  const code = await stage.does(ada, 'connections.create', {
    connector: 'git',
    name: 'Repository nimbus',
    config: { location: folder },
  })
  const database = await stage.does(ada, 'connections.create', {
    connector: 'postgresql',
    name: 'Assay’s database',
    config: { server: 'own' },
  })
  await stage.settles()
  return {
    async live(day) {
      if (day === SILENT_DAYS[0]) renameSync(folder, moved)
      if (day === SILENT_DAYS[1]) renameSync(moved, folder)
      if (day === DRIFT_DAYS[0]) await stage.administer(NOT_LOGGED)
      if (day === DRIFT_DAYS[1]) await stage.administer(LOGGED)
      if (day === GRANT_DAY)
        await stage.administer(['grant select (rolname, rolpassword) on pg_authid to assay_monitor'])
      if (existsSync(folder) && day % 2 === 0)
        repository.commit({
          title: `Change of day ${day} (#${100 + day})`,
          author: DEV,
          at: stage.now(),
          reviewer: ADA,
        })
      if (UNREVIEWED_DAYS.includes(day))
        repository.commit({ title: `Urgent fix of day ${day}`, author: DEV, at: stage.now() })
      for (const { id } of [code, database]) {
        await stage.does(ada, 'connections.run', { id })
        await stage.settles()
      }
    },
  }
}
