import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import {
  Annotation,
  END,
  entrypoint,
  InMemoryStore,
  MemorySaver,
  Send,
  START,
  StateGraph,
  task,
} from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { z } from 'zod'

/** https://docs.langchain.com/oss/javascript/langgraph: graph API with a checkpointer, functional API, prebuilt agent. */
export const packages = {
  '@langchain/langgraph': '1.7.3',
  '@langchain/langgraph-checkpoint-sqlite': '1.0.4',
  '@langchain/core': '1.4.0',
  zod: '4.6.7',
}
/** Its better-sqlite3 12 aborts on Node 24.19 and newer when a statement is collected as garbage; 13 has its binaries in the package. */
export const overrides = { 'better-sqlite3': '13.2.0' }

process.env.LANGSMITH_TRACING = 'false'

const saver = async ({ kind, durability }, directory) => {
  if (kind === 'memory') return { checkpointer: new MemorySaver(), close() {} }
  const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite')
  const checkpointer = SqliteSaver.fromConnString(`${directory}/langgraph.db`)
  checkpointer.db.pragma('journal_mode = WAL')
  checkpointer.db.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  return { checkpointer, close: () => checkpointer.db.close() }
}

/** A new thread a run, as a new goal is a new run. `sync`: a checkpoint is written before the next step starts. */
const threads = () => {
  let next = 0
  return (more) => ({ configurable: { thread_id: `run-${next++}` }, durability: 'sync', ...more })
}

const runner = async (options, directory, { atOnce }, make) => {
  let { checkpointer, close } = await saver(options, directory)
  let one = make(checkpointer)
  return {
    async before() {
      if (options.kind !== 'memory') return
      checkpointer = new MemorySaver()
      one = make(checkpointer)
    },
    run: (count) => atOnce(count, Number(options.runs ?? 1), () => one()),
    async close() {
      close()
    },
  }
}

export const pipeline = (options, directory, shared) =>
  runner(options, directory, shared, (checkpointer) => {
    const { payload, work, stepsPerRun } = shared
    const state = Annotation.Root({ value: Annotation() })
    let graph = new StateGraph(state)
    for (let i = 0; i < stepsPerRun; i++)
      graph = graph.addNode(`step${i}`, async ({ value }) => ({ value: await work(value) }))
    graph = graph.addEdge(START, 'step0')
    for (let i = 1; i < stepsPerRun; i++) graph = graph.addEdge(`step${i - 1}`, `step${i}`)
    const app = graph.addEdge(`step${stepsPerRun - 1}`, END).compile({ checkpointer })
    const config = threads()
    return async () => {
      const { value } = await app.invoke({ value: payload(0) }, config())
      if (value?.topic === undefined) throw new Error('no result')
    }
  })

export const functionalPipeline = (options, directory, shared) =>
  runner(options, directory, shared, (checkpointer) => {
    const { payload, work, stepsPerRun } = shared
    const step = task('step', (value) => work(value))
    const app = entrypoint({ name: 'pipeline', checkpointer }, async (input) => {
      let value = input
      for (let i = 0; i < stepsPerRun; i++) value = await step(value)
      return value
    })
    const config = threads()
    return async () => {
      const value = await app.invoke(payload(0), config())
      if (value?.topic === undefined) throw new Error('no result')
    }
  })

export const fanOut = (options, directory, shared) =>
  runner(options, directory, shared, (checkpointer) => {
    const tasks = Number(options.tasks)
    const filler = 'x'.repeat(Number(options.bytes))
    const state = Annotation.Root({
      results: Annotation({ reducer: (a, b) => a.concat(b), default: () => [] }),
      sum: Annotation(),
    })
    const app = new StateGraph(state)
      .addNode('split', async () => ({}))
      .addNode('task', async ({ item }) => ({ results: [{ item, filler }] }))
      .addNode('join', async ({ results }) => ({ sum: results.reduce((sum, { item }) => sum + item, 0) }))
      .addEdge(START, 'split')
      .addConditionalEdges(
        'split',
        () => Array.from({ length: tasks }, (_, item) => new Send('task', { item })),
        ['task'],
      )
      .addEdge('task', 'join')
      .addEdge('join', END)
      .compile({ checkpointer })
    const config = threads()
    return async () => {
      const { sum } = await app.invoke({}, config())
      if (sum !== (tasks * (tasks - 1)) / 2) throw new Error(`the join is wrong: ${sum}`)
    }
  })

class FakeModel extends BaseChatModel {
  constructor(turns) {
    super({})
    this.turns = turns
  }
  _llmType() {
    return 'fake'
  }
  bindTools() {
    return this
  }
  async _generate(messages) {
    const turn = messages.length >> 1
    const last = turn >= this.turns - 1
    const message = new AIMessage({
      content: last ? 'found' : '',
      tool_calls: last ? [] : [{ id: `call-${turn}`, name: 'look-up', args: { key: `key ${turn}` } }],
    })
    return { generations: [{ text: message.content, message }] }
  }
}

export const toolLoop = (options, directory, shared) =>
  runner(options, directory, shared, (checkpointer) => {
    const turns = Number(options.turns)
    const lookUp = tool(async (input) => JSON.stringify({ found: input }), {
      name: 'look-up',
      description: 'Looks a key up.',
      schema: z.object({ key: z.string() }),
    })
    const app = createReactAgent({
      llm: new FakeModel(turns),
      tools: [lookUp],
      // Nothing has to outlive the loop in memory.
      ...(options.kind === 'memory' ? {} : { checkpointer }),
    })
    const config = threads()
    return async () => {
      const { messages } = await app.invoke(
        { messages: [{ role: 'user', content: 'find it' }] },
        config({ recursionLimit: turns * 3 + 10 }),
      )
      if (messages.at(-1)?.content !== 'found' || messages.length < turns * 2) throw new Error('not found')
    }
  })

/** Writers that each read a number, wait a turn as one who thinks about it does, and write it plus one: the store offers no condition on a write. */
export const lostUpdates = async ({ writers, each }) => {
  const store = new InMemoryStore()
  await store.put(['bench'], 'n', { value: 0 })
  const writer = async () => {
    for (let i = 0; i < each; i++) {
      const { value } = (await store.get(['bench'], 'n')).value
      await new Promise(setImmediate)
      await store.put(['bench'], 'n', { value: value + 1 })
    }
  }
  let end = 0
  return {
    async run() {
      await Promise.all(Array.from({ length: writers }, writer))
      end = (await store.get(['bench'], 'n')).value.value
    },
    facts: () => ({ end }),
  }
}
