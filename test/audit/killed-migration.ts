/**
 * Opens a store and kills its process at the given call of `exec`:
 * node killed-migration.ts <folder> <n>.
 */
import { DatabaseSync } from 'node:sqlite'
import { systemClock, systemRandom } from '../../src/platform/system.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'

const [directory = '', at = '0'] = process.argv.slice(2)
const { exec } = DatabaseSync.prototype
let calls = 0
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql)
  if (++calls === Number(at)) process.kill(process.pid, 'SIGKILL')
}
const options = { directory, durability: 'process', clock: systemClock, random: systemRandom() } as const
const stores = await sqliteStores(options)
await stores.close()
