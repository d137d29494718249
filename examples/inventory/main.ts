/**
 * Two agents on two processes change one stock at the same time; a third process watches. No update is lost, and every one has its author.
 * `npx node examples/inventory/main.ts`
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openConcord } from '@concord-agents/concord'

const times = 40
const directory = await mkdtemp(join(tmpdir(), 'concord-inventory-'))
const concord = await openConcord({ config: { stores: { directory } } })
const inventory = concord.state('team/inventory')

const messages = new Map<string, number>()
let heardOf = 0
const updates = inventory.subscribe('inventory_updates')
await updates.opened
const heard = (async () => {
  for await (const { message } of updates) {
    const { by } = message as { by: string }
    messages.set(by, (messages.get(by) ?? 0) + 1)
    if (++heardOf === 2 * times) break
  }
})()

const watched: number[] = []
const followed = (async () => {
  for await (const news of inventory.watch('stock:*', { since: 0 })) {
    watched.push(news.sequence)
    if (news.sequence === 2 * times) break
  }
})()

const process_ = async (name: string, delta: number) => {
  const script = join(import.meta.dirname, 'agent.ts')
  const child = spawn(process.execPath, [script, name, directory, String(delta), String(times)], {
    stdio: 'inherit',
  })
  const [code] = await once(child, 'exit')
  assert.equal(code, 0, `${name} ended with ${code}`)
}

try {
  await Promise.all([process_('warehouse', +5), process_('shop', -2)])
  // The processes are over; what they sent may still be on its way.
  await Promise.all([followed, heard])

  const stock = await inventory.entry('stock:lamps')
  assert.deepEqual(stock?.value, { quantity: times * 5 - times * 2, changes: 2 * times })
  assert.equal(stock?.version, 2 * times)
  assert.deepEqual(Object.fromEntries(messages), { warehouse: times, shop: times })
  // Each change once and in order, whoever made it.
  assert.deepEqual(
    watched,
    Array.from({ length: 2 * times }, (_, i) => i + 1),
  )
  const history = await inventory.history('stock:lamps', { limit: 1000 })
  const by = (name: string) => history.filter(({ provenance }) => provenance.agent === name).length
  assert.deepEqual([by('warehouse'), by('shop')], [times, times])
  console.log(`${2 * times} concurrent updates by two processes, none lost:`, stock?.value)
  console.log(
    `last change: ${history[0]?.provenance.agent} in step ${history[0]?.provenance.step} of run ${history[0]?.provenance.run}`,
  )
} finally {
  await concord.close()
  await rm(directory, { recursive: true, force: true })
}
