import type { Failure } from '../domain/errors.ts'
import type { Run } from '../domain/run.ts'
import type { Model, ModelAnswer, ModelRequest } from '../ports/model.ts'
import type { Call } from '../runtime/call.ts'

/** How an attempt at a model ended: both are recorded, by everyone who waited for it. */
export type Ended = { answer: ModelAnswer } | { failure: Failure }

/** An attempt under way that identical calls of its run wait for instead of being made. */
export type UnderWay = {
  /** Whose call it is. */
  readonly step: string
  readonly call: string
  /**
   * How it ended; undefined when it says nothing about others: cancelled, or without the budget to
   * be sent.
   */
  readonly ended: Promise<Ended | undefined>
  /** Gives a listener what is written, from the beginning. */
  listen(listener: (text: string) => void): () => void
}

export type Leading = { wrote(text: string): void; end(ended: Ended | undefined): void }

const contentOf = /~([\w-]{22})#\d+$/

/**
 * What a call shares with identical ones: the digest of its content that its id holds. Undefined
 * where there is none (runs of 0.1), and for a request with a temperature above 0: identical
 * requests with one are meant to give different answers.
 */
export const sharedContent = (
  { id }: Call,
  { temperature = 0 }: ModelRequest,
  loopOf: string | undefined,
): string | undefined => {
  const digest = temperature > 0 ? undefined : contentOf.exec(id)?.[1]
  // In a loop the digest covers the messages; tools and settings are the agent's.
  return digest === undefined ? undefined : loopOf === undefined ? digest : `${digest} ${loopOf}`
}

const runs = new WeakMap<Run, Map<Model, Map<string, UnderWay>>>()

/** The attempt under way in the same run that asks the same model the same. */
export const sameUnderWay = (run: Run, model: Model, content: string): UnderWay | undefined =>
  runs.get(run)?.get(model)?.get(content)

/** Lets identical calls wait for this one. `end` must follow. */
export const lead = (
  run: Run,
  model: Model,
  content: string,
  by: { step: string; call: string },
): Leading => {
  const models = runs.get(run) ?? new Map<Model, Map<string, UnderWay>>()
  runs.set(run, models)
  const calls = models.get(model) ?? new Map<string, UnderWay>()
  models.set(model, calls)
  const { promise, resolve } = Promise.withResolvers<Ended | undefined>()
  const listeners = new Set<(text: string) => void>()
  let written = ''
  calls.set(content, {
    ...by,
    ended: promise,
    listen(listener) {
      if (written !== '') listener(written)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  return {
    wrote(text) {
      written += text
      for (const listener of listeners) listener(text)
    },
    end(ended) {
      calls.delete(content)
      if (calls.size === 0) models.delete(model)
      resolve(ended)
    },
  }
}
