import { finalStatuses, type RunSummary } from '../domain/summary.ts'
import type { Concord } from '../platform/concord-types.ts'
import { claimIfFree } from '../platform/run/tend.ts'
import { drive } from './drive.ts'
import { type ReportOptions, report } from './report.ts'
import type { Terminal } from './terminal.ts'

/** The run at the top of a tree of child runs. */
export const rootOf = async (concord: Concord, run: RunSummary): Promise<RunSummary> => {
  let root = run
  for (let above = run.parent; above !== undefined; above = root.parent) {
    const found = await concord.log.run(above)
    if (found === undefined) break
    root = found
  }
  return root
}

export type StayOptions = ReportOptions & { hint?: string }

/**
 * Continues a run that has begun: claims it when no living process advances it, else follows the process that does; tells what
 * comes from here on, and how it ends. Returns the exit code.
 */
export const stayWith = async (
  concord: Concord,
  summary: RunSummary,
  terminal: Terminal,
  options: StayOptions = {},
): Promise<number> => {
  const { run: id, status } = summary
  const run = await concord.runner.load(id)
  const taken = status === 'waiting' || (await claimIfFree(concord, id, 'command line'))
  const steps = run.plan?.order.length ?? 0
  const where = steps === 0 ? '' : `: ${steps - (run.plan?.open ?? 0)} of ${steps} steps are done`
  const hint = options.hint === undefined ? '' : `; ${options.hint}`
  const opening = taken
    ? `Continuing run ${id}${where}${hint}`
    : `Following run ${id}, which process ${run.owner ?? '?'} advances${where}${hint}`
  const driven = await drive(concord, id, terminal, {
    quiet: options.json === true,
    toldUntil: run.version,
    ...(finalStatuses.has(status) ? {} : { opening }),
  })
  return report(terminal, driven, options)
}
