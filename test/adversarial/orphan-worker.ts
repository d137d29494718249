import { agent, type ConcordConfig, openConcord, team } from '../../src/index.ts'

const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })
const boss = agent({ name: 'boss', run: (_input, context) => context.delegate('small', 'ask a person') })

/** Step `a` waits for a child that waits for a person; step `b` never ends. `began` is called by `b`. */
export const orphanConfig = (directory: string, began: () => void): ConcordConfig => ({
  stores: { directory },
  teams: {
    small: team({ agents: [echo], plan: () => [{ id: 'e', agent: 'echo', requireApproval: true }] }),
    t: team({
      agents: [
        boss,
        agent({
          name: 'endless',
          run: (_input, { signal }) =>
            new Promise((_resolve, reject) => {
              began()
              signal.addEventListener('abort', () => reject(signal.reason))
            }),
        }),
      ],
      plan: () => [
        { id: 'a', agent: 'boss' },
        { id: 'b', agent: 'endless', dependsOn: [] },
      ],
    }),
  },
})

/** A process to be killed: says `ready` when the child waits and `b` is at work. */
if (import.meta.main) {
  const [directory = ''] = process.argv.slice(2)
  const began = Promise.withResolvers<void>()
  const concord = await openConcord({ config: orphanConfig(directory, began.resolve) })
  await concord.start({ text: 'x', team: 't' }, { id: 'parent' })
  for await (const event of concord.follow('parent')) if (event.type === 'step.waiting') break
  await began.promise
  console.log('ready')
  setInterval(() => {}, 1 << 30)
}
