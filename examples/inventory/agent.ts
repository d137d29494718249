/** One process with one agent: `node agent.ts <name> <folder> <delta> <times>`. Applies its delta so often to the stock that others change too. */
import { agent, key, openConcord, team } from '@concord-agents/concord'
import { z } from 'zod'

const [name = 'clerk', directory = '.concord', delta = '1', times = '1'] = process.argv.slice(2)
const lamps = key('stock:lamps', z.object({ quantity: z.number(), changes: z.number() }))

const updateInventory = agent({
  name,
  async run(input: { delta: number; times: number }, { state }) {
    const inventory = state.in('team/inventory')
    for (let i = 0; i < input.times; i++) {
      // Read, change, write; again when the other process came between. Each change is applied once, also when this step is executed again.
      const now = await inventory.of(lamps).update((stock = { quantity: 0, changes: 0 }) => ({
        quantity: stock.quantity + input.delta,
        changes: stock.changes + 1,
      }))
      await inventory.publish('inventory_updates', { by: name, delta: input.delta, quantity: now.quantity })
    }
    return { changed: input.delta * input.times }
  },
})

const concord = await openConcord({
  config: { stores: { directory }, teams: { inventory: team({ agents: [updateInventory] }) } },
})
const run = await concord.run({
  text: 'Update the inventory.',
  team: 'inventory',
  params: { delta: Number(delta), times: Number(times) },
})
if (run.status !== 'succeeded') console.error(run.failure?.message)
await concord.close()
process.exitCode = run.status === 'succeeded' ? 0 : 1
