import { fanOutRows } from './fan-out-rows.ts'
import { idle } from './idle.ts'
import { type Effort, measure } from './measure.ts'
import { installPeers, type Peers } from './peers.ts'
import { pipelineRows } from './pipeline-rows.ts'
import { printRow } from './report.ts'
import type { Outcome, Row } from './rows.ts'
import { start } from './start.ts'
import { toolLoopRows } from './tool-loop-rows.ts'

export type Options = { quick: boolean; peers: boolean; only?: string }

const effortOf = (quick: boolean): Effort =>
  quick ? { rounds: 7, roundMs: 50, warmMs: 400 } : { rounds: 21, roundMs: 80, warmMs: 800 }

const measureRow = async (row: Row, quick: boolean, peers: Peers | undefined): Promise<Outcome[]> => {
  const refs = [row.floor, ...(row.others ?? []), row.concord, ...(peers?.of(row) ?? [])]
  return printRow(row, await measure(refs, effortOf(quick)))
}

/** The rows of TARGETS "Orchestration". */
export const orchestration = async (options: Options): Promise<Outcome[]> => {
  const wanted = ({ title }: { title: string }) => options.only === undefined || title.includes(options.only)
  const peers = options.peers ? await installPeers() : undefined
  const outcomes: Outcome[] = []
  for (const row of [...pipelineRows(), ...fanOutRows(), ...toolLoopRows()])
    if (wanted(row)) outcomes.push(...(await measureRow(row, options.quick, peers)))
  if (wanted({ title: 'process start' })) outcomes.push(...(await start(options.quick, peers)))
  if (wanted({ title: 'idle' })) outcomes.push(...(await idle()))
  return outcomes
}
