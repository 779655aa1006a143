import { startPostgres } from './lib/postgres.ts'
import { createLogger } from './lib/log.ts'
const p = await startPostgres({ dataDir: '/tmp/audit-a/extpg', log: createLogger({ level: 'error' }) })
console.log(`postgresql://owner@localhost:5432/postgres?host=${encodeURIComponent(p.host)}`)
setTimeout(() => void p.stop().then(() => process.exit(0)), 60_000)
