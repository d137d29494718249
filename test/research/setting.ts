import type { Run } from '../../src/domain/run.ts'
import { type AnyAgent, type Concord, type ConcordConfig, openConcord } from '../../src/index.ts'
import type { TeamDefinition } from '../../src/orchestration/team.ts'
import type { ResearchOutput } from '../../src/teams/research/shapes.ts'
import {
  planner,
  questionGenerator,
  reader,
  researchTeam,
  retriever,
  synthesizer,
  validator,
} from '../../src/teams/research/team.ts'

export const FLAGSHIP =
  'Summarize the latest advances in multimodal LLMs and suggest three open research problems'

export type Ran = { run: Run; concord: Concord; output: ResearchOutput }

/** A research run in memory stores, to its end; closes with the test. */
export const research = async (
  text: string,
  params: Record<string, string | number | boolean>,
  config: ConcordConfig = {},
  team: TeamDefinition = researchTeam(),
): Promise<Ran & AsyncDisposable> => {
  const concord = await openConcord({
    config: { ...config, stores: { kind: 'memory' }, teams: { research: team } },
  })
  const run = await concord.runner.load((await concord.run({ text, params })).id)
  // What the run returned is what the tests are about.
  const output = run.output as unknown
  return {
    concord,
    run,
    output: output as ResearchOutput,
    [Symbol.asyncDispose]: () => concord.close(),
  }
}

type Roles = { retriever: AnyAgent; reader: AnyAgent; synthesizer: AnyAgent; questionGenerator: AnyAgent }

/** The research team with some of its agents replaced. */
export const teamWith = (replaced: Partial<Roles>): TeamDefinition => ({
  ...researchTeam(),
  agents: Object.values({ retriever, reader, synthesizer, questionGenerator, ...replaced }),
  planner,
  checker: validator,
})

/** An agent whose output a test changes: `tamper` gets it with the input, and how often the agent was called before. */
export const tampered = (
  original: AnyAgent,
  tamper: (output: never, input: { feedback?: string }, calls: number) => unknown,
): AnyAgent => {
  let calls = 0
  return {
    ...original,
    run: async (input: never, context) =>
      tamper((await original.run!(input, context)) as never, input, calls++),
  }
}
