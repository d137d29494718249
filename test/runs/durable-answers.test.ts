import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type AgentContext, agent, type Json, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anything, concordWith } from './fixture.ts'

type Effect = (context: AgentContext, answer: string) => Promise<unknown>

const permissions = ['compute', 'read', 'network', 'write', 'execute'] as const

/** What an agent may do with an answer. */
const effects: { [name: string]: Effect } = {
  'a step': (context) => context.step('pay', () => effect()),
  'a model': (context, answer) => context.model(answer),
  'an agent': (context, answer) => context.call('other', answer),
  'a team': (context, answer) => context.delegate('children', answer),
  state: ({ state }, answer) => state.set('answer', answer).then(effect),
  'a channel': ({ state }, answer) => state.publish('answers', answer).then(effect),
  knowledge: ({ knowledge }, answer) => knowledge.add({ id: 'a', text: answer }).then(effect),
  ...Object.fromEntries(
    permissions.map((permission) => [
      `a ${permission} tool`,
      (context: AgentContext) => context.tool(`${permission}-tool`),
    ]),
  ),
}

let count = 0
const effect = (): string => {
  count++
  return 'done'
}

const answers: { [name: string]: (context: AgentContext) => Promise<string> } = {
  'model.answered': async (context) => (await context.model('think')).text,
  'tool.answered': async (context) => String((await context.tool('ask')).output),
}

describe('what an agent does with an answer', () => {
  for (const [event, answer] of Object.entries(answers))
    for (const [name, act] of Object.entries(effects))
      for (const budget of [undefined, { tokens: 1e6 }])
        it(`reaches ${name} after ${event} is durable${budget ? ', under a budget' : ''}`, async () => {
          count = 0
          const model = scriptedModel(({ messages }) => {
            if (messages[0]?.content !== 'think') effect()
            return 'an answer'
          })
          const make = (called: string, permission: (typeof permissions)[number], execute: () => Json) =>
            tool({ name: called, description: 'x', permission, input: anything, execute })
          const acting = agent<Json, Json>({
            name: 'acting',
            model,
            tools: [
              make('ask', 'read', () => 'an answer'),
              ...permissions.map((permission) => make(`${permission}-tool`, permission, effect)),
            ],
            async run(_input, context) {
              await act(context, await answer(context))
              return 'done'
            },
          })
          const other = agent({ name: 'other', run: effect })
          const concord = await concordWith(
            {
              policy: { permissions: { write: 'allow', execute: 'allow', network: 'allow' } },
              agents: [acting, other],
              plan: () => [{ id: 'a', agent: 'acting' }],
            },
            { teams: { children: { agents: [other], plan: () => [{ id: 'c', agent: 'other' }] } } },
          )
          const reached = Promise.withResolvers<void>()
          const held = Promise.withResolvers<void>()
          const { append } = concord.log
          concord.log.append = async (request) => {
            if (request.events.some(({ type }) => type === event)) {
              reached.resolve()
              await held.promise
            }
            return append(request)
          }
          const run = concord.run({
            text: 'x',
            team: 't',
            ...(budget === undefined ? {} : { budget }),
          })
          await reached.promise
          // More turns than the longest of the calls takes once it may.
          for (let i = 0; i < 50; i++) await turn()
          const early = count
          held.resolve()
          assert.equal((await run).status, 'succeeded')
          assert.deepEqual([early, count], [0, 1], 'made from an answer that the log does not hold')
        })
})
