// Not a test: the process that the tests of several processes start, talk to and kill. Idle unless started with a task.
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openIn } from './temporary.test.ts'

const [task, folder = '', stream = '', durability = 'process'] = process.argv.slice(2)
const say = (word: string | number) => process.stdout.write(`${word}\n`)

const event = (i: number) =>
  ({
    type: 'step.recorded',
    at: i,
    data: { call: `${process.pid}:${i}`, name: 'x'.repeat(i % 3000) },
  }) as const

/** Until a line comes in, or whoever started this process is gone. */
const told = () =>
  new Promise((resolve) => {
    createInterface({ input: process.stdin }).once('line', resolve).once('close', resolve)
  })

/** Appends for ever, two streams at a time, and says each version once it is acknowledged. */
const appendForever = async () => {
  const { log } = await openIn(folder, { durability: durability === 'power' ? 'power' : 'process' })
  const write = async (name: string) => {
    for (let version = await log.version(name); ; version++) {
      const writes = [{ namespace: name, key: 'n', value: version + 1, operation: `op${version + 1}` }]
      await log.append({ stream: name, expectedVersion: version, epoch: 0, events: [event(version)], writes })
      say(`${name} ${version + 1}`)
    }
  }
  await Promise.all([write(`${stream}-0`), write(`${stream}-1`)])
}

/** Fights for every version up to 300 of one stream and says which it won. */
const contend = async () => {
  const { log, close } = await openIn(folder)
  say('ready')
  await told()
  for (let version = await log.version(stream); version < 300; version = await log.version(stream))
    try {
      await log.append({ stream, expectedVersion: version, epoch: 0, events: [event(version)] })
      say(`won ${version + 1}`)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'version.conflict')) throw error
    }
  say('done')
  await close()
}

/** Increments a key 100 times by compare-and-set. */
const increment = async () => {
  const { state, close } = await openIn(folder)
  for (let done = 0; done < 100; ) {
    const entry = await state.get('global', 'n')
    const value = typeof entry?.value === 'number' ? entry.value : 0
    const write = { namespace: 'global', key: 'n', value: value + 1, ifVersion: entry?.version ?? 0 }
    if ((await state.write([write]))[0]?.ok) done++
  }
  await close()
}

/** Joins, says its id, and stays until killed or told to leave. */
const member = async () => {
  const { membership, close } = await openIn(folder)
  await membership.join('runner', 'http://127.0.0.1:1')
  say(membership.self)
  await told()
  await membership.leave()
  say('left')
  await close()
}

/** Opens a fresh folder for each line it is told, and says when it has. */
const openEach = async () => {
  say('ready')
  for await (const name of createInterface({ input: process.stdin })) {
    const { close } = await openIn(join(folder, name))
    await close()
    say(name)
  }
}

const tasks: { [name: string]: () => Promise<void> } = { appendForever, contend, increment, member, openEach }
const run = tasks[task ?? '']
if (run) {
  await run()
  process.exit()
}
