/** https://voltagent.dev/docs: workflow chains with their memory in the process, `andForEach` for fan-out, an agent over the AI SDK. */
export const packages = {
  '@voltagent/core': '2.10.0',
  '@voltagent/logger': '2.0.2',
  ai: '6.0.324',
  zod: '4.6.7',
}

// Read when the package is loaded: it writes every step to the console otherwise.
process.env.VOLTAGENT_LOG_LEVEL = 'fatal'
process.env.NODE_ENV = 'production'
const { Agent, andThen, createTool, createWorkflowChain } = await import('@voltagent/core')
const { MockLanguageModelV3 } = await import('ai/test')
const { z } = await import('zod')

const quiet = Object.fromEntries(
  ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => {}]),
)
const logger = { ...quiet, child: () => logger }

export const pipeline = async ({ runs }, _, { payload, work, stepsPerRun, atOnce }) => {
  let chain = createWorkflowChain({
    id: 'pipeline',
    name: 'pipeline',
    input: z.any(),
    result: z.any(),
    logger,
  })
  for (let i = 0; i < stepsPerRun; i++)
    chain = chain.andThen({ id: `step${i}`, execute: ({ data }) => work(data) })
  const workflow = chain.toWorkflow()
  const one = async () => {
    const { status, result } = await workflow.run(payload(0))
    if (result?.topic === undefined) throw new Error(`the run is ${status}`)
  }
  return { run: (count) => atOnce(count, Number(runs), one) }
}

export const fanOut = async ({ tasks }) => {
  const most = Number(tasks)
  const items = Array.from({ length: most }, (_, i) => i)
  const workflow = createWorkflowChain({ id: 'fan', name: 'fan', input: z.any(), result: z.any(), logger })
    .andForEach({
      id: 'each',
      concurrency: most,
      step: andThen({ id: 'task', execute: async ({ data }) => ({ item: data }) }),
    })
    .andThen({ id: 'join', execute: async ({ data }) => data.reduce((sum, { item }) => sum + item, 0) })
    .toWorkflow()
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const { status, result } = await workflow.run(items)
        if (result !== (most * (most - 1)) / 2) throw new Error(`the fan-out is ${status} with ${result}`)
      }
    },
  }
}

const usage = {
  inputTokens: { total: 100, noCache: 100, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 10, text: 10, reasoning: 0 },
}

export const toolLoop = async ({ turns }) => {
  const doGenerate = async ({ prompt }) => {
    const turn = prompt.length >> 1
    const last = turn >= turns - 1
    const input = JSON.stringify({ key: `key ${turn}` })
    return {
      content: last
        ? [{ type: 'text', text: 'found' }]
        : [{ type: 'tool-call', toolCallId: `call-${turn}`, toolName: 'lookUp', input }],
      finishReason: { unified: last ? 'stop' : 'tool-calls', raw: undefined },
      usage,
      warnings: [],
    }
  }
  const lookUp = createTool({
    name: 'lookUp',
    description: 'Looks a key up.',
    parameters: z.object({ key: z.string() }),
    execute: async (input) => ({ found: input }),
  })
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const agent = new Agent({
          name: 'looker',
          instructions: 'Find it.',
          model: new MockLanguageModelV3({ doGenerate }),
          tools: [lookUp],
          maxSteps: Number(turns) + 1,
          memory: false,
          logger,
        })
        const { text } = await agent.generateText('find it')
        if (!text.endsWith('found')) throw new Error(`not found: ${text}`)
      }
    },
  }
}
