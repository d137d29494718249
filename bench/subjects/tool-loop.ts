import type { Json } from '../../src/domain/json.ts'
import type { Message, ModelAnswer } from '../../src/ports/model.ts'

/** Calls a tool each turn and answers in the last; it looks only at how long the conversation is, so a turn costs it always the same. */
export const answerFor = (messages: readonly Message[], turns: number): ModelAnswer => {
  // Two messages a turn after the opening, which is one or two.
  const turn = messages.length >> 1
  const last = turn >= turns - 1
  return {
    text: last ? 'found' : '',
    toolCalls: last ? [] : [{ id: `call-${turn}`, tool: 'look-up', input: { key: `key ${turn}` } }],
    finish: last ? 'stop' : 'tool-calls',
    usage: { inputTokens: 100, outputTokens: 10 },
    model: 'fake/model',
  }
}

export const lookUp = async (input: Json): Promise<{ found: Json }> => ({ found: input })
