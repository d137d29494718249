import assert from 'node:assert/strict'
import { after } from 'node:test'
import {
  type AnyAgent,
  type Concord,
  type Event,
  type Json,
  openConcord,
  type Schema,
  type Signal,
  type TeamDefinition,
  team,
} from '../../src/index.ts'
import type { ConcordConfig } from '../../src/platform/config.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { storesOfTests } from '../hostile/stores.ts'

/** A schema that any JSON fits, and that a model can be told. */
export const anything: Schema<unknown, Json> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ({ value: value as Json }),
    jsonSchema: { input: () => ({}), output: () => ({}) },
  },
}

/** A Concord in memory with one team called `t`, closed after the tests of the file. */
export const concordWith = async (
  definition: TeamDefinition,
  more: ConcordConfig & { clock?: Clock } = {},
): Promise<Concord> => {
  const { clock, ...config } = more
  const concord = await openConcord({
    config: { stores: storesOfTests(), ...config, teams: { t: team(definition), ...config.teams } },
    ...(clock === undefined ? {} : { clock }),
  })
  after(() => concord.close())
  return concord
}

export const typesOf = (events: readonly Event[], ...prefixes: string[]): string[] =>
  events
    .filter((event) => prefixes.length === 0 || prefixes.some((prefix) => event.type.startsWith(prefix)))
    .map((event) => (event.step === undefined ? event.type : `${event.type} ${event.step}`))

/**
 * Decides the one thing a run waits for a person to decide, or that of a step; the caller resumes
 * it.
 */
export const decide = async (
  concord: Concord,
  run: string,
  decision: { kind: 'approve' | 'reject' | 'answer'; value?: unknown; by?: string; step?: string },
): Promise<void> => {
  const waits = (await concord.waits(run)).filter(
    ({ for: kind, step }) => (kind === 'approval' || kind === 'answer') && step === (decision.step ?? step),
  )
  const [wait] = waits
  assert.ok(wait !== undefined && waits.length === 1, `one wait, not ${JSON.stringify(waits)}`)
  await concord.signal(run, { ...decision, hash: wait.hash } as Signal, { wake: false })
}

/** Resolves when the run's log holds an event that fits. */
export const eventOf = async (
  concord: Concord,
  run: string,
  fits: (event: Event) => boolean,
): Promise<Event> => {
  for await (const event of concord.follow(run, { beyondEnd: true })) if (fits(event)) return event
  throw new Error('the log ended')
}

/** An agent that answers from a list and repeats the last answer; counts its calls. */
export const answering = (name: string, ...answers: unknown[]): AnyAgent & { inputs: unknown[] } => {
  const inputs: unknown[] = []
  return {
    name,
    inputs,
    run: (input: unknown) => {
      inputs.push(input)
      const answer = answers[Math.min(inputs.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      return answer
    },
  }
}
