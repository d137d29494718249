import { agent, openConcord, type Step, team } from '../../src/index.ts'
import type { SubjectFactory } from '../subject.ts'

type Item = { item: number; filler: string }

/** One step for each of many items, all at once, then a step that joins their results. */
export const fanOut: SubjectFactory = async ({ kind, tasks, durability, bytes, spread }, directory) => {
  const filler = 'x'.repeat(Number(bytes))
  const task = agent<{ item: number }, Item>({ name: 'task', run: ({ item }) => ({ item, filler }) })
  const join = agent<{ results: Item[] }, number>({
    name: 'join',
    run: ({ results }) => results.reduce((sum, { item }) => sum + item, 0),
  })
  const items = Array.from({ length: Number(tasks) }, (_, i) => i)
  const expected = items.reduce((sum, item) => sum + item, 0)
  const steps: Step[] = [
    {
      id: 'each',
      agent: 'task',
      forEach: items,
      concurrency: items.length,
      payload: { item: { $item: '' } },
      spread: spread === true,
    },
    { id: 'join', agent: 'join', payload: { results: { $step: 'each' } } },
  ]
  const open = () =>
    openConcord({
      config: {
        stores:
          kind === 'memory'
            ? { kind: 'memory' }
            : { kind: 'sqlite', directory, durability: durability as 'process' | 'power' },
        teams: {
          fan: team({
            agents: [task, join],
            bounds: { concurrency: items.length },
            plan: () => steps,
          }),
        },
      },
    })
  let concord = await open()
  return {
    async before() {
      if (kind !== 'memory') return
      await concord.close()
      concord = await open()
    },
    async run(count) {
      for (let n = 0; n < count; n++) {
        const { status, output, failure } = await concord.run({ text: 'fan out', team: 'fan' })
        if (status !== 'succeeded' || output !== expected)
          throw new Error(`the fan-out is ${status} with ${output}: ${failure?.message}`)
      }
    },
    close: () => concord.close(),
  }
}
