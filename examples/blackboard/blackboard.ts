import type { Json, Strategy } from '@concord-agents/concord'

type Board = { [key: string]: Json }

/** An agent that offers itself for what stands on the board. */
export type Volunteer = {
  agent: string
  /** What it would be called with, or undefined when it has nothing to add. */
  offers(board: Board): Json | undefined
}

export type BlackboardOptions = {
  /** Keys of the run's state that make up the board. */
  keys: readonly string[]
  volunteers: readonly Volunteer[]
  /** The run's output, once the board holds it. */
  done(board: Board): Json | undefined
}

/**
 * Agents that meet on a blackboard: there is no plan and no assignment. An agent works when
 * what stands in the run's shared state concerns it, once for the same input, and writes what it
 * found there; others volunteer for that.
 */
export const blackboard = ({ keys, volunteers, done }: BlackboardOptions): Strategy => ({
  name: 'blackboard',
  decide(context) {
    for (const key of keys) context.watch(key)
    const board = context.stateFor(keys)
    if (board === undefined) return
    const output = done(board)
    if (output !== undefined) return context.succeed(output)
    let working = context.run.underWay.size > 0 || context.run.idle.size > 0
    for (const { agent, offers } of volunteers) {
      const input = offers(board)
      const before = context.run.works.get(agent)
      if (before?.status === 'failed')
        return context.fail('agent.failed', `Agent "${agent}" failed: ${before.failure?.message}`)
      const isNew = JSON.stringify(before?.step.payload) !== JSON.stringify(input)
      if (input === undefined || !isNew) continue
      working = context.execute({ id: agent, agent, payload: input }) || working
    }
    if (!working && !context.busy)
      context.fail(
        'goal.unmet',
        `Nobody volunteers for what is on the board: ${Object.keys(board).join(', ')}`,
      )
  },
})
