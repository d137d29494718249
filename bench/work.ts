import type { JsonObject } from '../src/domain/json.ts'

/** What every subject does in a step: about 1 KB in, about 1 KB out, through a model that answers at once. */
export type Payload = {
  topic: string
  text: string
  findings: { id: number; title: string; score: number }[]
}

export const stepsPerRun = 6

const sentence = 'The quick brown fox jumps over the lazy dog while "nobody" is looking.\n'

export const payload = (seed: number): Payload & JsonObject => ({
  topic: `topic ${seed}`,
  text: sentence.repeat(8),
  findings: Array.from({ length: 6 }, (_, i) => ({
    id: seed + i,
    title: `finding ${i} of topic ${seed}`,
    score: i / 8,
  })),
})

/** A model of zero latency: it looks at the whole prompt and writes about 1 KB of JSON. */
export const fakeModel = async (prompt: string): Promise<string> =>
  JSON.stringify(payload(prompt.length % 97))

/** One step: prompt from the input, answer parsed. */
export const work = async (input: Payload): Promise<Payload & JsonObject> => {
  const prompt = `You are one of ${stepsPerRun} specialists. Go on with this and answer in JSON.\n${JSON.stringify(input)}`
  return JSON.parse(await fakeModel(prompt)) as Payload & JsonObject
}
