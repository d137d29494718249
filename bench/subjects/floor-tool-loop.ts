import type { Message, ModelAnswer } from '../../src/ports/model.ts'
import type { SubjectFactory } from '../subject.ts'
import { openDatabase } from './sqlite.ts'
import { answerFor, lookUp } from './tool-loop.ts'

/**
 * The conversation as a list that grows, one model call and one tool call per turn, nothing else.
 * On SQLite each answer is durable before something is made from it: a row of its own, committed.
 */
export const toolLoop: SubjectFactory = async ({ turns, kind }, directory) => {
  const db = kind === 'sqlite' ? openDatabase(directory, 'process') : undefined
  db?.exec('CREATE TABLE answers(value TEXT)')
  const insert = db?.prepare('INSERT INTO answers VALUES (?)')
  const keep = (answer: unknown): void => void insert?.run(JSON.stringify(answer))
  const model = async (messages: readonly Message[]): Promise<ModelAnswer> =>
    answerFor(messages, Number(turns))
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const messages: Message[] = [{ role: 'user', content: 'find it' }]
        for (;;) {
          const answer = await model(messages)
          keep(answer)
          if (answer.toolCalls.length === 0) break
          messages.push({ role: 'assistant', content: answer.text, toolCalls: answer.toolCalls })
          for (const { id, tool, input } of answer.toolCalls) {
            const found = await lookUp(input)
            keep(found)
            messages.push({ role: 'tool', callId: id, tool, content: JSON.stringify(found) })
          }
        }
      }
    },
    async close() {
      db?.close()
    },
  }
}
