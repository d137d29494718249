import { knowledgeRows } from './knowledge-rows.ts'
import { measure } from './measure.ts'
import { type Outcome, printRow } from './report.ts'
import type { Row } from './rows.ts'
import { stateRows } from './state-rows.ts'
import { stateWake } from './state-wake.ts'

export type Options = { quick: boolean; only?: string }

/** The rows of TARGETS "Memory layer". */
export const memory = async ({ quick, only }: Options): Promise<Outcome[]> => {
  const wanted = ({ title }: { title: string }) => only === undefined || title.includes(only)
  const effort = quick ? { rounds: 7, roundMs: 100, warmMs: 800 } : { rounds: 21, roundMs: 150, warmMs: 1500 }
  const rows: Row[] = [...stateRows(), ...knowledgeRows()]
  const outcomes: Outcome[] = []
  for (const row of rows.filter(wanted))
    outcomes.push(...printRow(row, await measure([row.floor, ...(row.others ?? []), row.concord], effort)))
  if (wanted({ title: 'write here, watcher runs' })) outcomes.push(...(await stateWake(quick)))
  return outcomes
}
