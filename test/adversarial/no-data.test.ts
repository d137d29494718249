import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Json, openConcord, team } from '../../src/index.ts'
import { concordWith } from '../runs/fixture.ts'

/** What a program may hand over and JSON cannot hold. */
const noData: { [name: string]: unknown } = {
  Map: new Map([[1, 2]]),
  Set: new Set([1]),
  Error: new Error('boom'),
  Uint8Array: new Uint8Array(3),
  RegExp: /x/,
}

describe('what JSON cannot hold', () => {
  for (const [name, given] of Object.entries(noData))
    it(`is refused by name wherever it is handed over: ${name}`, async () => {
      const value = given as Json
      const seen: { [place: string]: string } = {}
      const noted = async (place: string, work: () => unknown) => {
        try {
          seen[place] = `accepted: ${JSON.stringify(await work())}`
        } catch (error) {
          seen[place] = (error as Error).message
        }
      }
      const echo = agent({ name: 'echo', run: (input) => input })
      const odd = agent({
        name: 'odd',
        attemptsMax: 1,
        run: async (input, context) => {
          if (input === 'return') return value
          if (input === 'writes') return { output: 1, writes: [{ key: 'k', value: { a: [value] } }] }
          const { state, knowledge } = context
          await noted('set', () => state.set('k', { a: value }))
          await noted('update', () => state.update('k', () => ({ a: value })))
          await noted('transaction', () => state.transaction((at) => at.set('k', [value])))
          await noted('publish', () => state.publish('team/t', { a: value }))
          await noted('step', () => context.step('s', () => ({ a: value })))
          await noted('call', () => context.call('echo', { a: value }))
          await noted('delegate', () => context.delegate('t2', 'x', { params: { a: value } }))
          await noted('knowledge', () => knowledge.add({ text: 'words', metadata: { a: value } }))
          return 'done'
        },
      })
      const concord = await concordWith(
        {
          agents: [odd, echo],
          plan: ({ text }) => [{ id: 'a', agent: 'odd', payload: text === 'plan' ? { a: value } : text }],
        },
        { teams: { t2: team({ agents: [echo] }) } },
      )
      const failing = async (place: string, text: string) => {
        const { status, failure, output } = await concord.run({ text, team: 't' })
        seen[place] = status === 'failed' ? String(failure?.message) : `accepted: ${JSON.stringify(output)}`
      }
      await failing('return', 'return')
      await failing('writes', 'writes')
      await failing('plan', 'plan')
      await concord.run({ text: 'all', team: 't' })
      await noted('params', () => concord.start({ text: 'x', team: 't', params: { a: { b: value } } }))
      await noted('fork', async () => {
        const [run] = await concord.runs()
        return concord.fork(run?.run ?? '', { at: 1, params: { a: value } })
      })
      await noted('signal', async () => {
        const waiting = await openConcord({
          config: {
            stores: { kind: 'memory' },
            teams: { w: team({ agents: [agent({ name: 'w', run: (_, context) => context.ask('?') })] }) },
          },
        })
        try {
          const run = await waiting.run({ text: 'x', team: 'w' })
          return await waiting.signal(run.id, { kind: 'signal', name: 's', value: { a: value } })
        } finally {
          await waiting.close()
        }
      })
      const places =
        'return writes plan set update transaction publish step call delegate knowledge params fork signal'
      for (const place of places.split(' '))
        assert.match(seen[place] ?? 'never tried', new RegExp(`an? ${name}`), `${place}: ${seen[place]}`)
    })
})
