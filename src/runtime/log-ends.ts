import type { Draft } from '../domain/event.ts'
import type { Run } from '../domain/run.ts'
import type { Logger } from '../ports/logger.ts'

/** Logs that a run ended or waits: failures as warnings, the rest as information. Values of the run are not logged. */
export const logEnds = (logger: Logger, { id: run, goal, parent }: Run, events: readonly Draft[]): void => {
  const at = { run, team: goal.team, ...(parent === undefined ? {} : { parent: parent.run }) }
  for (const { type, data } of events)
    if (type === 'run.failed') {
      const { code, message } = data.failure
      logger.warn({ ...at, code }, `a run failed: ${message}`)
    } else if (type === 'run.waiting')
      logger.info({ ...at, for: data.for.map(({ for: kind, name }) => `${kind} ${name}`) }, 'a run waits')
    else if (type === 'run.succeeded' || type === 'run.cancelled') logger.info(at, type.replace('.', ' '))
}
