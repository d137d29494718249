import type { Message, ModelAnswer } from '../../src/ports/model.ts'
import type { SubjectFactory } from '../subject.ts'
import { answerFor, lookUp } from './tool-loop.ts'

/** The conversation as a list that grows, a model call and a tool call a turn, nothing else. */
export const toolLoop: SubjectFactory = async ({ turns }) => {
  const model = async (messages: readonly Message[]): Promise<ModelAnswer> =>
    answerFor(messages, Number(turns))
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const messages: Message[] = [{ role: 'user', content: 'find it' }]
        for (;;) {
          const answer = await model(messages)
          if (answer.toolCalls.length === 0) break
          messages.push({ role: 'assistant', content: answer.text, toolCalls: answer.toolCalls })
          for (const { id, tool, input } of answer.toolCalls)
            messages.push({ role: 'tool', callId: id, tool, content: JSON.stringify(await lookUp(input)) })
        }
      }
    },
  }
}
