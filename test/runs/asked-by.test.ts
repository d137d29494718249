import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Concord, openConcord, team } from '../../src/index.ts'
import { concordWith } from './fixture.ts'

const ada = { id: 'ada', tenant: 'acme', roles: ['analyst'] }
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

const asked = async (concord: Concord, run: string) => {
  const [first] = await concord.events(run)
  assert.ok(first?.type === 'run.queued')
  return first.data
}

const parentAndChild = () => {
  const inner = agent({ name: 'inner', run: () => 1 })
  const outer = agent({ name: 'outer', run: (_input, context) => context.delegate('below', 'the part') })
  return {
    definition: { agents: [outer], plan: () => [{ id: 's', agent: 'outer' }] },
    teams: { below: team({ agents: [inner] }) },
  }
}

describe('who asked for a run', () => {
  it('is recorded with it, shown, and inherited by its child runs; the trace continues there', async () => {
    const { definition, teams } = parentAndChild()
    const concord = await concordWith(definition, { teams })
    const options = { principal: ada, traceparent }
    const view = await concord.run({ text: 'g', team: 't', tags: ['nightly'] }, options)
    assert.equal(view.status, 'succeeded')
    assert.deepEqual([view.principal, view.tags], [ada, ['nightly']])
    const [child] = await concord.runs({ parent: view.id })
    assert.ok(child)
    assert.deepEqual(child.principal, ada)
    const [above, below] = [await asked(concord, view.id), await asked(concord, child.run)]
    assert.deepEqual([above.principal, below.principal], [ada, ada])
    assert.equal(above.trace?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
    assert.equal(above.trace?.parentId, '00f067aa0ba902b7')
    assert.equal(below.trace?.traceId, above.trace?.traceId)
    assert.match(below.trace?.parentId ?? '', /^[0-9a-f]{16}$/)
    assert.notEqual(below.trace?.spanId, above.trace?.spanId)
    const found = await concord.runs({ principal: 'ada' })
    assert.deepEqual(found.map(({ run }) => run).sort(), [view.id, child.run].sort())
    assert.deepEqual(
      (await concord.runs({ tag: 'nightly' })).map(({ run }) => run),
      [view.id],
    )
  })

  it('is unknown where nobody says, and never taken from a goal', async () => {
    const concord = await concordWith(parentAndChild().definition, { teams: parentAndChild().teams })
    const view = await concord.run({ text: 'g', team: 't' })
    assert.equal(view.principal, undefined)
    const first = await asked(concord, view.id)
    assert.equal('principal' in first, false)
    assert.match(first.trace?.traceId ?? '', /^[0-9a-f]{32}$/)
    assert.equal(first.trace?.parentId, undefined)
    const goal = { text: 'g', team: 't', principal: ada }
    await assert.rejects(concord.start(goal), /Cannot start a run.*"principal"/)
  })

  it('of a fork is who forked it', async () => {
    const { definition, teams } = parentAndChild()
    const concord = await concordWith(definition, { teams })
    const view = await concord.run({ text: 'g', team: 't', tags: ['x'] }, { principal: ada, traceparent })
    const fork = await concord.fork(view.id, { principal: { id: 'bob' } })
    const data = await asked(concord, fork.id)
    assert.deepEqual([data.principal, data.goal.tags], [{ id: 'bob' }, ['x']])
    assert.notEqual(data.trace?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
  })

  it('of a woken run names what woke it', async () => {
    const reacting = agent({ name: 'reacting', wakeOn: { state: 'k', namespace: 'global' }, run: () => 1 })
    await using concord = await openConcord({
      config: { stores: { kind: 'memory' }, teams: { w: team({ agents: [reacting] }) } },
      keep: true,
    })
    const begun = Promise.withResolvers<string>()
    concord.log.onCommit(() => {
      void concord.runs().then(([run]) => run && begun.resolve(run.principal?.id ?? 'unknown'))
    })
    await concord.state('global').set('k', 1)
    assert.match(await begun.promise, /^wake:/)
  })

  it('and tags are refused in another shape, with the way out', async () => {
    const concord = await concordWith(parentAndChild().definition, { teams: parentAndChild().teams })
    for (const principal of [
      { id: '' },
      { id: 'a\nb' },
      { id: 'a', roles: 'x' },
      { id: 'a', name: 'x' },
      'ada',
    ])
      await assert.rejects(
        concord.start({ text: 'g', team: 't' }, { principal: principal as never }),
        (error: Error) => /Cannot start a run for this principal.*; correct it$/.test(error.message),
      )
    for (const tags of [
      [''],
      ['a,b'],
      ['x'.repeat(101)],
      Array.from({ length: 21 }, (_, i) => `${i}`),
      ['a', 'a'],
      'a',
    ])
      await assert.rejects(
        concord.start({ text: 'g', team: 't', tags: tags as never }),
        /Cannot start a run with these tags.*; correct them$/,
      )
  })

  it('continues no trace that is not valid', async () => {
    const concord = await concordWith(parentAndChild().definition, { teams: parentAndChild().teams })
    for (const header of [
      '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
      '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
      'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
      `${traceparent}-more`,
      'nonsense',
    ]) {
      const { id } = await concord.start({ text: 'g', team: 't' }, { traceparent: header })
      assert.equal((await asked(concord, id)).trace?.parentId, undefined, header)
    }
    const unsampled = await concord.start(
      { text: 'g', team: 't' },
      { traceparent: traceparent.replace(/1$/, '0') },
    )
    assert.equal((await asked(concord, unsampled.id)).trace?.sampled, false)
  })
})
