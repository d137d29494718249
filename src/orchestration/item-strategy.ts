import { isFinal, type Run } from '../domain/run.ts'
import type { Decision, RunStrategy } from '../domain/strategy.ts'
import { Decider } from './decider.ts'
import { lifecycle } from './lifecycle.ts'
import type { TeamShape } from './team-shape.ts'

const reads = () => {}

/** How the child run of a spread step's item moves: its step is executed, and the run ends as that does. */
export const itemStrategy = (name: string, team: TeamShape): RunStrategy => {
  const living = lifecycle(
    {
      name,
      decide(context) {
        const { item, works } = context.run
        if (item === undefined || works.has(item.id)) return
        const { id, step, plan, redo } = item
        context.start(id, step.agent, { plan, redo, attempt: 1 })
      },
    },
    team,
    reads,
  )
  return {
    name,
    // An item whose step is over ends, though it is asked to pause: its parent waits for it.
    decide: (run, now, known) => ending(run, now, team) ?? living.decide(run, now, known),
  }
}

const ending = (run: Run, now: number, team: TeamShape): Decision | undefined => {
  if (isFinal(run) || run.status === 'suspended') return undefined
  const work = run.works.get(run.item?.id ?? '')
  const decider = new Decider(run, now, new Map(), team, reads)
  if (work?.status === 'succeeded') decider.record('run.succeeded', { output: null })
  else if (work?.status === 'failed') {
    const failure = work.failure ?? { code: 'agent.failed' as const, message: 'its step failed' }
    decider.record('run.failed', { failure, reasons: [failure.message] })
  } else return undefined
  return decider.decision()
}
