import assert from 'node:assert/strict'
import { it } from 'node:test'
import { agent, team } from '../../src/index.ts'
import { concordWith } from './fixture.ts'

/** What an agent may do in the memory that all teams share. */
const tries = agent({
  name: 'tries',
  async run(_: unknown, { state, knowledge }) {
    const codeOf = (done: Promise<unknown>) =>
      done.then(
        () => 'done',
        (error: { code?: string }) => error.code ?? 'unknown',
      )
    return {
      read: await codeOf(state.in('global').get('k')),
      set: await codeOf(state.in('global').set('k', 1)),
      add: await codeOf(knowledge.add({ text: 'Lamps are kept in the attic.' })),
      forget: await codeOf(knowledge.forget('d')),
      team: await codeOf(state.in('team/t').set('k', 1)),
    }
  },
})

it('memory.access says what agents may do in shared memory, unless their team says otherwise', async () => {
  const concord = await concordWith(
    { agents: [tries] },
    {
      memory: { access: { global: 'read' } },
      teams: {
        writes: team({ agents: [tries], policy: { memory: { global: 'write', team: 'none' } } }),
      },
    },
  )
  const outputOf = async (name: string) => (await concord.run({ text: 'x', team: name })).output
  const denied = { set: 'policy.denied', add: 'policy.denied', forget: 'policy.denied' }
  assert.deepEqual(await outputOf('t'), { read: 'done', ...denied, team: 'done' })
  const { team: own, ...rest } = (await outputOf('writes')) as { [what: string]: string }
  assert.deepEqual(rest, { read: 'done', set: 'done', add: 'done', forget: 'done' })
  assert.equal(own, 'policy.denied')
})
