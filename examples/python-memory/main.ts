/**
 * Two agents that meet in the memory: a clerk in Python, standard library only, over HTTP with the token it is handed with its call, and a buyer in this
 * process. Each reacts to what the other writes; the second time the clerk knows what was said and done before. `npx node examples/python-memory/main.ts`
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { agent, openConcord, type RunView, serve, team } from '@concord-agents/concord'

const script = fileURLToPath(new URL('./clerk.py', import.meta.url))
const python = spawn('python3', [script], { stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const [port] = await once(python.stdout, 'data')
  const filler = agent({
    name: 'filler',
    run: async (_input, { state }) => (await state.set('stock', 10)).ok,
  })
  const buyer = agent({
    name: 'buyer',
    async run(_input, { state }) {
      for await (const change of state.watch('sold', { since: 0 })) {
        assert.ok(change.kind === 'change')
        const { left } = change.value as { left: number }
        await state.set('reorder', 10 - left)
        return { reordered: 10 - left, soldBy: change.provenance.agent }
      }
      throw new Error('nothing was sold')
    },
  })
  const concord = await openConcord({
    config: {
      stores: { kind: 'memory' },
      embedder: 'none',
      agents: { clerk: { url: `http://127.0.0.1:${String(port).trim()}/run` } },
      teams: {
        shop: team({
          agents: [filler, 'clerk', buyer],
          plan: () => [
            { id: 'fill', agent: 'filler' },
            { id: 'sell', agent: 'clerk', payload: { take: 4 }, dependsOn: ['fill'] },
            { id: 'buy', agent: 'buyer', dependsOn: ['fill'] },
          ],
        }),
      },
    },
  })
  const server = await serve(concord, { port: 0 })
  const outputOf = ({ plan }: RunView, step: string) => plan?.steps.find(({ id }) => id === step)?.output
  const sell = async (text: string) => {
    const run = await concord.run({ text, team: 'shop', thread: 'counter', subject: 'ann' })
    assert.equal(run.status, 'succeeded', run.failure?.message)
    return run
  }
  const run = await sell('Sell four.')
  const sold = { left: 6, reordered: 4, by: 'buyer', began: 'run.queued' }
  assert.deepEqual(outputOf(run, 'sell'), { ...sold, earlier: [], known: [] })
  const again = await sell('Sell four more.')
  assert.deepEqual(outputOf(again, 'sell'), {
    ...sold,
    earlier: ['Sell four.'],
    known: ['Somebody ordered 4 at once.', 'Ordered 4.'],
  })
  assert.deepEqual(outputOf(run, 'buy'), { reordered: 4, soldBy: 'clerk' })
  const [sale] = await concord.state(`run/${run.id}`).history('stock')
  assert.deepEqual([sale?.value, sale?.provenance.agent, sale?.provenance.step], [6, 'clerk', 'sell'])
  console.log('a Python clerk and a TypeScript buyer met in the memory:', outputOf(again, 'sell'))
  await server.close()
  await concord.close()
} finally {
  python.kill()
}
