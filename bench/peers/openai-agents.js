import { Agent, Runner, setTracingDisabled, tool, Usage } from '@openai/agents'
import { z } from 'zod'

/** https://openai.github.io/openai-agents-js: agents run by a Runner with a local model; it has no workflows and no store of its own. */
export const packages = { '@openai/agents': '0.20.0', zod: '4.6.7' }

setTracingDisabled(true)

const usage = new Usage({ requests: 1, inputTokens: 100, outputTokens: 10, totalTokens: 110 })

const said = (text) => ({
  usage,
  output: [
    { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text }] },
  ],
})

const modelOf = (getResponse) => ({
  getResponse,
  getStreamedResponse() {
    throw new Error('not used')
  },
})

const runnerOf = (model) => new Runner({ tracingDisabled: true, modelProvider: { getModel: () => model } })

const textOf = (input) => (typeof input === 'string' ? input : JSON.stringify(input))

/** A step is the run of an agent whose model does the work. */
export const pipeline = async ({ runs }, _, { payload, work, stepsPerRun, atOnce }) => {
  const model = modelOf(async ({ input }) => {
    const given = typeof input === 'string' ? input : input.at(-1).content
    return said(JSON.stringify(await work(JSON.parse(textOf(given)))))
  })
  const runner = runnerOf(model)
  const agents = Array.from(
    { length: stepsPerRun },
    (_, i) => new Agent({ name: `step${i}`, instructions: 'Go on.' }),
  )
  const one = async () => {
    let value = payload(0)
    for (const agent of agents)
      value = JSON.parse((await runner.run(agent, JSON.stringify(value))).finalOutput)
    if (value.topic === undefined) throw new Error('no result')
  }
  return { run: (count) => atOnce(count, Number(runs), one) }
}

export const fanOut = async ({ tasks }) => {
  const model = modelOf(async ({ input }) => said(typeof input === 'string' ? input : input.at(-1).content))
  const runner = runnerOf(model)
  const agent = new Agent({ name: 'task', instructions: 'Do it.' })
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const results = await Promise.all(
          Array.from({ length: Number(tasks) }, (_, i) => runner.run(agent, JSON.stringify({ item: i }))),
        )
        const sum = results.reduce((total, { finalOutput }) => total + JSON.parse(finalOutput).item, 0)
        if (sum !== (tasks * (tasks - 1)) / 2) throw new Error(`the join is wrong: ${sum}`)
      }
    },
  }
}

export const toolLoop = async ({ turns }) => {
  const model = modelOf(async ({ input }) => {
    const turn = (input.length ?? 1) >> 1
    if (turn >= turns - 1) return said('found')
    const call = { type: 'function_call', callId: `call-${turn}`, name: 'lookUp', status: 'completed' }
    return { usage, output: [{ ...call, arguments: JSON.stringify({ key: `key ${turn}` }) }] }
  })
  const lookUp = tool({
    name: 'lookUp',
    description: 'Looks a key up.',
    parameters: z.object({ key: z.string() }),
    execute: async (input) => ({ found: input }),
  })
  const runner = runnerOf(model)
  const agent = new Agent({ name: 'looker', instructions: 'Find it.', tools: [lookUp] })
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const { finalOutput } = await runner.run(agent, 'find it', { maxTurns: turns + 1 })
        if (finalOutput !== 'found') throw new Error(`not found: ${finalOutput}`)
      }
    },
  }
}
