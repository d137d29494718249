import { createHash } from 'node:crypto'
import { asJson, canonicalJson } from '../domain/json.ts'
import type { Model, ModelAnswer, ModelCallOptions, ModelRequest } from '../ports/model.ts'

/** Where answers are kept. Either method may be asynchronous; an error of the store never fails a call. */
export type AnswerStore = {
  get(key: string): ModelAnswer | undefined | Promise<ModelAnswer | undefined>
  set(key: string, answer: ModelAnswer): void | Promise<void>
}

/** SHA-256 of the model's id and everything the request says, hexadecimal. */
export const requestDigest = (id: string, request: ModelRequest): string =>
  createHash('sha256')
    .update(canonicalJson(asJson([id, request])))
    .digest('hex')

const quietly = async <Value>(work: () => Value | Promise<Value>): Promise<Value | undefined> => {
  try {
    return await work()
  } catch {
    // A broken cache costs a call, not the run.
    return undefined
  }
}

/**
 * A model that answers a request it has answered before from the store. A hit says zero usage, because nothing was spent, and is
 * delivered as one delta. Only complete answers (`stop`, `tool-calls`) are kept: no failures, nothing cut or filtered. A request
 * at a temperature is cached too: leave such a model uncached where variety is wanted.
 */
export const cachedModel = (model: Model, store: AnswerStore): Model => ({
  id: model.id,
  ...(model.price === undefined ? {} : { price: model.price }),
  outputTokensMax: model.outputTokensMax,
  ...(model.contextTokensMax === undefined ? {} : { contextTokensMax: model.contextTokensMax }),
  inputTokensBound: (request) => model.inputTokensBound(request),
  holds: async (request) => (await quietly(() => store.get(requestDigest(model.id, request)))) !== undefined,
  generate: async (request: ModelRequest, options: ModelCallOptions = {}) => {
    const key = requestDigest(model.id, request)
    const hit = options.signal?.aborted ? undefined : await quietly(() => store.get(key))
    if (hit !== undefined) {
      if (hit.text !== '') options.onDelta?.(hit.text)
      return { ...structuredClone(hit), usage: { inputTokens: 0, outputTokens: 0 } }
    }
    const answer = await model.generate(request, options)
    if (answer.finish === 'stop' || answer.finish === 'tool-calls')
      await quietly(() => store.set(key, structuredClone(answer)))
    return answer
  },
})

/** Keeps the latest answers in this process; `entriesMax` bounds it, the oldest used goes first. */
export const memoryAnswers = (
  entriesMax = 1000,
): { get(key: string): ModelAnswer | undefined; set(key: string, answer: ModelAnswer): void } => {
  const answers = new Map<string, ModelAnswer>()
  return {
    get: (key) => {
      const answer = answers.get(key)
      if (answer !== undefined) {
        answers.delete(key)
        answers.set(key, answer)
      }
      return answer
    },
    set: (key, answer) => {
      answers.delete(key)
      answers.set(key, answer)
      const oldest = answers.keys().next()
      if (answers.size > entriesMax && !oldest.done) answers.delete(oldest.value)
    },
  }
}
