import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Concord, type OpenOptions, openConcord, team } from '../../src/index.ts'

const echo = agent({ name: 'echo', run: (input) => input as string })
const teams = { t: team({ agents: [echo] }) }
const memory = { kind: 'memory' as const }

/** What Node runs without the compiler having seen it. */
const unchecked = <T>(text: string): T => JSON.parse(text)

describe('what the compiler would have refused', () => {
  const refused: { [what: string]: [options: string, told: RegExp] } = {
    'a config that is not under "config"': [
      '{"stores":{}}',
      /"stores" belongs in the config: openConcord\(\{ config/,
    ],
    'an unknown option': ['{"roel":"server"}', /openConcord has no "roel"; did you mean "role"\?/],
    'an unknown role': ['{"role":"sever"}', /"role" has no "sever"; did you mean "server"\?/],
    'an unknown member of the config': [
      '{"config":{"modle":"a/b"}}',
      /the config has no "modle"; did you mean "model"\?/,
    ],
    'a store of another kind': [
      '{"config":{"stores":{"kind":"postgres"}}}',
      /"stores.kind" must be "sqlite" or "memory"/,
    ],
    'a folder in place of stores': [
      '{"config":{"stores":".data"}}',
      /"stores" must be an object, it is the string/,
    ],
    'teams as a list': ['{"config":{"teams":[]}}', /"teams" must be an object/],
  }
  for (const [what, [options, told]] of Object.entries(refused))
    it(`is refused when Concord is opened: ${what}`, async () => {
      await assert.rejects(openConcord(unchecked<OpenOptions>(options)), {
        code: 'config.invalid',
        message: told,
      })
    })

  const anything = <T>(given: unknown) => given as T
  const definitions: { [what: string]: [team: object, told: RegExp] } = {
    'a misspelt member of an agent': [
      { agents: [{ name: 'a', run: () => 'x', timeoutMS: 5 }] },
      /agent "a" has no member "timeoutMS" .*did you mean "timeoutMs"\?/,
    ],
    'another one': [
      { agents: [{ name: 'a', model: 'x/y', instruction: 'Be brief.' }] },
      /"instruction" .*did you mean "instructions"\?/,
    ],
    'a misspelt member of a team': [
      { agents: [echo], plannner: 'echo' },
      /a team has no member "plannner" .*did you mean "planner"\?/,
    ],
    'an agent that no step can name': [
      { agents: [{ name: 'my agent', run: () => 'x' }] },
      /an agent is called "my agent" .*letters, digits/,
    ],
    'an agent without a name': [{ agents: [{ run: () => 'x' }] }, /an agent is called nothing/],
    'a plan that is a list': [
      { agents: [echo], plan: [{ id: 's', agent: 'echo' }] },
      /a function of the goal/,
    ],
  }
  for (const [what, [definition, told]] of Object.entries(definitions))
    it(`is refused when Concord is opened: ${what}`, async () => {
      const config = { stores: memory, teams: { t: anything<typeof teams.t>(definition) } }
      await assert.rejects(openConcord({ config }), { code: 'config.invalid', message: told })
    })

  it('leaves members alone that code keeps for itself', async () => {
    const own = { name: 'a', run: () => 'x', inputs: [], seen: 0, log: [] }
    const config = { stores: memory, teams: { t: team({ agents: [anything<typeof echo>(own)] }) } }
    await using concord = await openConcord({ config })
    assert.equal(await concord.result('x'), 'x')
  })

  const goals: { [what: string]: [goal: string, told: RegExp] } = {
    'no goal': ['null', /a goal is a text, or an object with a text: null/],
    'a goal without a text': ['{}', /"text" is missing/],
    'a text that is none': ['{"text":5}', /"text" is 5/],
    'a misspelt team': ['{"text":"x","teem":"u"}', /a goal has no "teem"; did you mean "team"\?/],
  }
  for (const [what, [goal, told]] of Object.entries(goals))
    it(`is refused when a run is started: ${what}`, async () => {
      await using concord = await openConcord({ config: { stores: memory, teams } })
      const given = unchecked<{ text: string }>(goal)
      await assert.rejects(concord.start(given), { code: 'input.invalid', message: told })
    })

  it('fails the step, in words: a step without a name', async () => {
    const nameless = agent({
      name: 'nameless',
      run: (_, context) => Reflect.apply(context.step, context, [() => 1]),
    })
    await using concord = await openConcord({
      config: { stores: memory, teams: { t: team({ agents: [nameless] }) } },
    })
    const { failure } = await concord.run('x')
    assert.match(failure?.message ?? '', /a step as it has a name and a function: function and undefined/)
  })

  it('is refused with what the run waits for: a decision about nothing', async () => {
    const asker = agent({ name: 'asker', run: (_, context) => context.approve('Go?') })
    const concord: Concord = await openConcord({
      config: { stores: memory, teams: { t: team({ agents: [asker] }) } },
    })
    const run = await concord.start('x')
    await run.settled()
    const nothing = unchecked<{ hash?: string }>('{}').hash as string
    for (const decide of [run.approve(nothing), run.reject(nothing), run.answer(nothing, 1)])
      await assert.rejects(decide, { code: 'input.invalid', message: /it waits for "approve@/ })
    await concord.close()
  })
})
