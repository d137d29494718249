import { agent, team } from '../../src/index.ts'

/** Markup, a link that runs code, and marks that turn text around. */
export const hostile =
  '<img src=x onerror="window.hit=1"><script>window.hit=1</script> &copy; [go](javascript:window.hit=1) \u202etxt.exe'

const finder = agent({
  name: 'finder',
  description: 'Finds pages',
  run: async (_, context) => {
    await context.state.set('found', { pages: 3 })
    return ['first', 'second', 'third']
  },
})
const reader = agent({
  name: 'reader',
  description: 'Reads a page',
  run: (input, context) => {
    if (input === 'second' && context.attempt === 1) throw new Error('the page was torn')
    return `read ${String(input)}`
  },
})
const writer = agent({
  name: 'writer',
  description: 'Writes the digest',
  run: async (_, context) =>
    (await context.approve('Publish to 1,200 readers?'))
      ? '# Digest\n\nThree pages were **read**.\n\n| page | says |\n|---|---|\n| first | yes |\n'
      : 'It was not published.',
})
const liar = agent({ name: 'liar', description: hostile, run: () => `${hostile}\n\n# ${hostile}` })

/** A team whose run has a fan-out, a retry, a wait for a person and a text as its answer; and one that is hostile. */
export const teams = {
  digest: team({
    description: 'Reads pages and writes a digest',
    agents: [finder, reader, writer],
    plan: () => [
      { id: 'find', agent: 'finder' },
      { id: 'read', agent: 'reader', forEach: { $step: 'find' }, payload: { $item: '' } },
      { id: 'write', agent: 'writer', payload: { pages: { $step: 'read' } } },
    ],
  }),
  lies: team({ agents: [liar] }),
}
