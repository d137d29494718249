import type { Context } from 'hono'
import { ConcordError } from '../../domain/errors.ts'
import type { RunSummary } from '../../domain/summary.ts'
import type { Concord } from '../../platform/concord-types.ts'

const idPattern = /^[\w.:-]{1,400}$/

/** The run a path names. Throws `run.unknown`, for ids no run can have as well. */
export const knownRun = async (concord: Concord, c: Context): Promise<RunSummary> => {
  const id = c.req.param('id') ?? ''
  const summary = idPattern.test(id) ? await concord.log.run(id) : undefined
  if (summary !== undefined) return summary
  throw new ConcordError(
    'run.unknown',
    `Cannot find run ${JSON.stringify(id.slice(0, 100))} as no such run is in this store; list them with GET /runs`,
  )
}
