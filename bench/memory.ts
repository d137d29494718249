import { eventLogRows } from './event-log-rows.ts'
import { knowledgeRows } from './knowledge-rows.ts'
import { lostUpdates, lostUpdatesTitle } from './lost-updates.ts'
import { type Effort, measure } from './measure.ts'
import { startRedis } from './redis.ts'
import { redisRows, redisTitle, redisUnmeasured } from './redis-rows.ts'
import { printRow } from './report.ts'
import type { Outcome, Row } from './rows.ts'
import { stateRows } from './state-rows.ts'
import { stateWake, wakeTitle } from './state-wake.ts'

export type Options = { quick: boolean; peers: boolean; only?: string }

const measureRows = async (rows: readonly Row[], effort: Effort): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const row of rows)
    outcomes.push(...printRow(row, await measure([row.floor, ...(row.others ?? []), row.concord], effort)))
  return outcomes
}

/** The rows of TARGETS "Memory layer". */
export const memory = async ({ quick, peers, only }: Options): Promise<Outcome[]> => {
  const wanted = (title: string) => only === undefined || title.includes(only)
  const rowWanted = ({ title }: { title: string }) => wanted(title)
  const effort = quick ? { rounds: 7, roundMs: 100, warmMs: 800 } : { rounds: 21, roundMs: 150, warmMs: 1500 }
  const rows = [...stateRows(), ...eventLogRows(), ...knowledgeRows()].filter(rowWanted)
  const outcomes = await measureRows(rows, effort)
  if (wanted(lostUpdatesTitle)) outcomes.push(...(await lostUpdates({ quick, peers })))
  if (![redisTitle(1), redisTitle(64), wakeTitle].some(wanted)) return outcomes
  const redis = await startRedis()
  try {
    if ('problem' in redis) {
      console.log(`\nRedis not measured: ${redis.problem}`)
      outcomes.push(...redisUnmeasured().filter(rowWanted))
    } else outcomes.push(...(await measureRows(redisRows(redis).filter(rowWanted), effort)))
    if (wanted(wakeTitle)) outcomes.push(...(await stateWake(quick, redis)))
  } finally {
    if (!('problem' in redis)) await redis.close()
  }
  return outcomes
}
