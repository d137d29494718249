/** The processes of the tests in this folder: `node worker.ts <task> <folder> <argument>`. Each says one JSON value a line. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { openConcord } from '../../src/index.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'
import { machineClock } from '../../src/testing/clock.ts'
import type { RegisterInput, RegisterOutput } from '../../src/testing/linearizability.ts'

const [task = '', folder = '', argument = ''] = process.argv.slice(2)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const told = () =>
  new Promise((resolve) =>
    createInterface({ input: process.stdin }).once('line', resolve).once('close', resolve),
  )
const stores = () =>
  sqliteStores({
    directory: folder,
    durability: 'process',
    clock: machineClock,
    random: { next: Math.random, bytes: (size) => randomBytes(size) },
  })
const now = () => Number(process.hrtime.bigint()) / 1000

/** 100 read-modify-writes of one key. */
const update = async () => {
  const concord = await openConcord({ config: { stores: { directory: folder } } })
  const state = concord.state('global')
  say('ready')
  await told()
  for (let i = 0; i < 100; i++) await state.update('n', (n) => (typeof n === 'number' ? n : 0) + 1)
  await concord.close()
  say('done')
}

/** Random operations on one key, each with its call and its return. */
const operate = async () => {
  const { state, close } = await stores()
  const key = { namespace: 'global', key: 'k' }
  let version = 0
  const perform = async (input: RegisterInput): Promise<RegisterOutput> => {
    if (input.kind === 'get') {
      const entry = await state.get('global', 'k')
      version = entry?.version ?? 0
      return entry === undefined ? { version: 0 } : { version: entry.version, value: entry.value as number }
    }
    const write =
      input.kind === 'delete'
        ? { ...key, delete: true }
        : input.kind === 'add'
          ? { ...key, increment: input.by }
          : {
              ...key,
              value: input.value,
              ...(input.ifVersion === undefined ? {} : { ifVersion: input.ifVersion }),
            }
    const [outcome] = await state.write([write])
    if (!outcome?.ok) return { version: outcome?.version ?? 0, conflict: true }
    return { version: outcome.version, ...(outcome.value === undefined ? {} : { value: outcome.value }) }
  }
  const inputs = (): RegisterInput => {
    const chance = Math.random()
    if (chance < 0.35) return { kind: 'get' }
    if (chance < 0.65) return { kind: 'set', value: Math.floor(Math.random() * 1000), ifVersion: version }
    if (chance < 0.8) return { kind: 'add', by: 1 }
    if (chance < 0.95) return { kind: 'set', value: Math.floor(Math.random() * 1000) }
    return { kind: 'delete' }
  }
  say('ready')
  await told()
  for (let i = 0; i < Number(argument); i++) {
    const input = inputs()
    say({ call: i, input, called: now() })
    const output = await perform(input)
    say({ call: i, output, returned: now() })
  }
  await close()
}

/** Writes for ever and says each sequence once it is acknowledged. */
const write = async () => {
  const { state } = await stores()
  for (let i = 0; ; i++) {
    const [outcome] = await state.write([{ namespace: 'global', key: `${argument}:${i % 5}`, value: i }])
    if (outcome?.ok) say(outcome.sequence)
  }
}

/** Watches from a sequence on and says each one. */
const watch = async () => {
  const { state } = await stores()
  for await (const news of state.watch('global', '*', { since: Number(argument) }))
    say(news.kind === 'change' ? news.sequence : { ...news, entries: news.entries.length })
}

/** Subscribes, says what comes. */
const subscribe = async () => {
  const { state } = await stores()
  const subscription = state.subscribe('inventory_*')
  await subscription.opened
  say('ready')
  for await (const { message } of subscription) say(message)
}

const tasks: { [name: string]: () => Promise<void> } = { update, operate, write, watch, subscribe }
await tasks[task]?.()
process.exit()
