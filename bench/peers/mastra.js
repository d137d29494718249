import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { noopLogger } from '@mastra/core/logger'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { createStep, createWorkflow } from '@mastra/core/workflows'
import { z } from 'zod'

/** https://mastra.ai/docs: workflows with a storage, `foreach` for fan-out, an agent with a tool and a local AI SDK model. */
export const packages = { '@mastra/core': '1.71.0', '@mastra/libsql': '1.23.1', zod: '4.6.7' }

const storageOf = async ({ kind }, directory) => {
  if (kind === 'memory') return new InMemoryStore()
  const { LibSQLStore } = await import('@mastra/libsql')
  return new LibSQLStore({ id: 'bench', url: `file:${directory}/mastra.db` })
}

const open = async (options, directory, make) => {
  const build = async () => {
    const storage = await storageOf(options, directory)
    const mastra = new Mastra({ storage, logger: noopLogger, workflows: { main: make() } })
    // Not the workflow itself: it has a method `then`, and awaiting it would call that.
    return { workflow: mastra.getWorkflow('main') }
  }
  let built = await build()
  return {
    current: () => built.workflow,
    async renew() {
      if (options.kind === 'memory') built = await build()
    },
  }
}

export const pipeline = async (options, directory, { payload, work, stepsPerRun, atOnce }) => {
  const make = () => {
    let flow = createWorkflow({ id: 'pipeline', inputSchema: z.any(), outputSchema: z.any() })
    for (let i = 0; i < stepsPerRun; i++) {
      const execute = ({ inputData }) => work(inputData)
      flow = flow.then(createStep({ id: `step${i}`, inputSchema: z.any(), outputSchema: z.any(), execute }))
    }
    return flow.commit()
  }
  const opened = await open(options, directory, make)
  const one = async () => {
    const run = await opened.current().createRun()
    const { status, result } = await run.start({ inputData: payload(0) })
    if (status !== 'success' || result.topic === undefined) throw new Error(`the run is ${status}`)
  }
  return { before: opened.renew, run: (count) => atOnce(count, Number(options.runs), one) }
}

export const fanOut = async (options, directory) => {
  const tasks = Number(options.tasks)
  const filler = 'x'.repeat(Number(options.bytes))
  const any = { inputSchema: z.any(), outputSchema: z.any() }
  const task = createStep({
    id: 'task',
    ...any,
    execute: async ({ inputData }) => ({ item: inputData, filler }),
  })
  const join = createStep({
    id: 'join',
    ...any,
    execute: async ({ inputData }) => inputData.reduce((sum, { item }) => sum + item, 0),
  })
  const opened = await open(options, directory, () =>
    createWorkflow({ id: 'fan', ...any })
      .foreach(task, { concurrency: tasks })
      .then(join)
      .commit(),
  )
  const items = Array.from({ length: tasks }, (_, i) => i)
  return {
    before: opened.renew,
    async run(count) {
      for (let n = 0; n < count; n++) {
        const run = await opened.current().createRun()
        const { status, result } = await run.start({ inputData: items })
        if (result !== (tasks * (tasks - 1)) / 2) throw new Error(`the fan-out is ${status} with ${result}`)
      }
    },
  }
}

const usage = { inputTokens: 100, outputTokens: 10, totalTokens: 110 }

const modelOf = (turns) => {
  const answer = ({ prompt }) => {
    const turn = prompt.length >> 1
    return turn >= turns - 1
      ? { content: [{ type: 'text', text: 'found' }], finishReason: 'stop', usage, warnings: [] }
      : {
          content: [
            {
              type: 'tool-call',
              toolCallId: `call-${turn}`,
              toolName: 'lookUp',
              input: JSON.stringify({ key: `key ${turn}` }),
            },
          ],
          finishReason: 'tool-calls',
          usage,
          warnings: [],
        }
  }
  return {
    specificationVersion: 'v2',
    provider: 'fake',
    modelId: 'model',
    supportedUrls: {},
    doGenerate: async (request) => answer(request),
    doStream: async (request) => {
      const { content, finishReason } = answer(request)
      const parts = content.flatMap((part) =>
        part.type === 'text'
          ? [
              { type: 'text-start', id: 't' },
              { type: 'text-delta', id: 't', delta: part.text },
              { type: 'text-end', id: 't' },
            ]
          : [part],
      )
      const all = [{ type: 'stream-start', warnings: [] }, ...parts, { type: 'finish', finishReason, usage }]
      return {
        stream: new ReadableStream({
          start(controller) {
            for (const part of all) controller.enqueue(part)
            controller.close()
          },
        }),
      }
    },
  }
}

export const toolLoop = async ({ turns }) => {
  const lookUp = createTool({
    id: 'lookUp',
    description: 'Looks a key up.',
    inputSchema: z.object({ key: z.string() }),
    outputSchema: z.any(),
    execute: async (input) => ({ found: input }),
  })
  const looker = new Agent({
    id: 'looker',
    name: 'looker',
    instructions: 'Find it.',
    model: modelOf(Number(turns)),
    tools: { lookUp },
  })
  const mastra = new Mastra({ agents: { looker }, logger: noopLogger, storage: new InMemoryStore() })
  const agent = mastra.getAgent('looker')
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const { text } = await agent.generate('find it', { maxSteps: Number(turns) + 1 })
        if (!text.endsWith('found')) throw new Error(`not found: ${text}`)
      }
    },
  }
}
