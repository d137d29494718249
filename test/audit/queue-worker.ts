/** A taker of its own process: `node queue-worker.ts <task> <directory>`; says what it does, a line each. */
import { once } from 'node:events'
import { systemClock, systemRandom } from '../../src/platform/system.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'

const [task, directory = '', name = ''] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const open = () =>
  sqliteStores({ directory, durability: 'process', clock: systemClock, random: systemRandom() })

/** Takes until a look finds nothing left, and marks in the shared state when it holds and when it lets go. */
const takeAll = async () => {
  const { queue, log, close } = await open()
  say('ready')
  // All begin together.
  await once(process.stdin, 'data')
  process.stdin.destroy()
  for (;;) {
    const lease = await queue.take('q', { visibilityMs: 60_000 })
    if (!lease) {
      const { ready, leased } = await queue.stats('q')
      if (ready + leased === 0) break
      continue
    }
    const mark = (value: string) =>
      log.append({
        stream: `held/${lease.id}`,
        expectedVersion: 'any',
        epoch: 0,
        events: [{ type: 'step.recorded', at: Date.now(), data: { call: name, name: value } }],
      })
    await mark('taken')
    await mark('done')
    say(`${lease.id} ${lease.attempt} ${await queue.acknowledge(lease)}`)
  }
  await close()
}

/** Takes one entry and holds it until it is killed. */
const hold = async () => {
  const { queue } = await open()
  const lease = await queue.take('q', { visibilityMs: Number(name) })
  say(`holds ${lease?.id} ${lease?.until}`)
  setInterval(() => {}, 60_000)
}

const tasks: { [name: string]: () => Promise<void> } = { takeAll, hold }
await tasks[task ?? '']?.()
