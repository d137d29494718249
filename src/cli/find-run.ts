import { ConcordError } from '../domain/errors.ts'
import type { RunSummary } from '../domain/summary.ts'
import type { Concord } from '../platform/concord-types.ts'
import { concordCommand } from './command-name.ts'

const pageSize = 1000

/** Runs newest first, page by page. */
export async function* allRuns(concord: Concord, query: Parameters<Concord['runs']>[0] = {}) {
  let before = query?.before
  for (;;) {
    const page = await concord.runs({
      ...query,
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
    })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    before = last
  }
}

/** The run meant by an id, a unique start of one, or `last`. Throws `run.unknown`, or `input.invalid` when several start so. */
export const findRun = async (concord: Concord, wanted: string): Promise<RunSummary> => {
  const exact = await concord.log.run(wanted)
  if (exact !== undefined) return exact
  const roots: RunSummary[] = []
  const children: RunSummary[] = []
  for await (const run of allRuns(concord)) {
    if (wanted === 'last' && run.parent === undefined) return run
    if (run.run.startsWith(wanted)) (run.parent === undefined ? roots : children).push(run)
    if (roots.length > 5) break
  }
  const found = roots.length > 0 ? roots : children
  if (found.length === 1 && found[0] !== undefined) return found[0]
  if (found.length === 0)
    throw new ConcordError(
      'run.unknown',
      wanted === 'last'
        ? `Cannot find the last run as there are none; start one with ${concordCommand} run "<goal>"`
        : `Cannot find run "${wanted}" as none starts so; list them with "concord runs"`,
    )
  throw new ConcordError(
    'input.invalid',
    `Cannot tell which run is meant as several start with "${wanted}": ${found.map(({ run }) => run).join(', ')}; give more of it`,
  )
}
