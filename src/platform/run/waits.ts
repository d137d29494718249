import type { Wait } from '../../domain/event.ts'
import type { Run } from '../../domain/run.ts'
import type { RunPorts } from './ports.ts'

/** A wait of a run or of a run below it, with the step it holds up; `seen` is how far that run had read its inbox. */
export type OpenWait = { run: string; step: string; wait: Wait; seen: number }

const depthMost = 16

/** What a run waits for; where it waits for a child run, what that waits for. */
export const waitsBelow = async (
  { runner }: Pick<RunPorts, 'runner'>,
  run: Run,
  depth = 0,
): Promise<OpenWait[]> => {
  const found: OpenWait[] = []
  for (const id of run.idle) {
    const work = run.works.get(id)
    if (work?.status !== 'waiting' || work.wait === undefined) continue
    const { wait } = work
    if (wait.for !== 'child' || wait.run === undefined || depth >= depthMost)
      found.push({ run: run.id, step: id, wait, seen: run.inbox })
    else found.push(...(await waitsBelow({ runner }, await runner.load(wait.run), depth + 1)))
  }
  return found
}

/** Only something from outside ends it: a person, or a signal. */
export const isForOutside = ({ wait }: OpenWait): boolean => wait.for !== 'timer' && wait.for !== 'child'
