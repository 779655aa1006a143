// SPDX-License-Identifier: Apache-2.0
import type { Connector, ProbeResult } from '../../catalog/connector.ts'
import { connectorOf } from '../../catalog/connectors/registry.ts'
import { publish } from '../../lib/events.ts'
import { Recorder } from '../../lib/recorder.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { SourceTrouble } from '../../lib/trouble.ts'
import { needsOf } from './connection.ts'
import { findConnection, openSecrets, saveProbe } from './connections.store.ts'
import { openSource, type Runtime } from './sources.actions.ts'

/** Asks the source for each need once, and keeps what it found. */
export async function probeConnection(
  services: Services,
  org: string,
  id: string,
  { signal, runtime }: { readonly signal: AbortSignal; readonly runtime: Runtime },
): Promise<void> {
  const { connection, secrets } = await asSystem(services, org, async (tx) => ({
    connection: await findConnection(tx, id),
    secrets: await openSecrets(tx, id),
  }))
  const connector = connectorOf(connection.connector)
  const recorder = new Recorder(services.clock, Object.values(secrets))
  const results = await look()
  await asSystem(services, org, async (tx) => {
    await saveProbe(tx, id, results)
    const open = results.filter(({ state }) => state !== 'granted').length
    await publish(tx, 'probe', { connection: id, needs: results.length, open })
  })

  async function look(): Promise<readonly ProbeResult[]> {
    try {
      const io = await openSource(services, { connection, connector, secrets, recorder, signal, org }, runtime)
      try {
        const found = await connector.probe(io)
        return found.map((result) => ({ ...result, because: recorder.scrub(result.because) }))
      } finally {
        await io.source.close()
      }
    } catch (error) {
      if (!(error instanceof SourceTrouble)) throw error
      return troubled(connector, error, recorder.scrub(error.message))
    }
  }
}

/** What trouble on the way says about each need: the one it is about is denied, of the others nothing is known. */
export function troubled(connector: Connector, trouble: SourceTrouble, words: string): ProbeResult[] {
  const state = trouble.kind === 'unsupported' ? 'unsupported' : 'unreachable'
  return needsOf(connector).map(({ id }) => ({
    need: id,
    state: trouble.kind === 'denied' && trouble.need === id ? 'denied' : state,
    because: words,
  }))
}
