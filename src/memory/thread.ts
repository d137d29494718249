import type { Goal } from '../domain/goal.ts'
import { runStream } from '../domain/names.ts'
import { type Recalled, readableOutput, type Turn, tokensAbout } from '../domain/recall.ts'
import type { RunSummary } from '../domain/summary.ts'
import { cut } from '../domain/text/cut.ts'
import type { EventLog } from '../ports/event-log.ts'

export type ThreadQuery = {
  thread: string
  /** Turns about others are left out: a subject is the scope of recall. Turns about nobody are for all. */
  subject?: string
  /** Of all turns together, about four characters each. Default 2,000. */
  tokensMax?: number
  /** Default 20. */
  turnsMax?: number
}

export const threadTokensMaxDefault = 2_000
const turnsMaxDefault = 20
/** Unfinished, failed and child runs are passed over; a thread of nothing else is given up after this many. */
const runsLookedAtMax = 200
const pageSize = 25
/** No single answer may take more than this share of what is allowed. */
const answerShareMax = 0.5

const isTurn = (summary: RunSummary, { subject }: Pick<Goal, 'subject'>): boolean =>
  summary.status === 'succeeded' &&
  summary.parent === undefined &&
  (summary.goal.subject === undefined || summary.goal.subject === subject)

const answerOf = async (log: EventLog, run: string): Promise<string | undefined> => {
  const stream = runStream(run)
  const version = await log.version(stream)
  // The end of a run is its last event, or nearly: what was under way may still be noted behind it.
  // Erased data leave an event without them.
  for (const event of (await log.read(stream, { afterVersion: Math.max(0, version - 8) })).reverse())
    if (event.type === 'run.succeeded')
      return event.data?.output === undefined ? undefined : readableOutput(event.data.output)
  return undefined
}

/** In pages: most threads have all that fits in the first. */
const newestFirst = async function* (log: EventLog, thread: string): AsyncGenerator<RunSummary> {
  let before: RunSummary | undefined
  for (let seen = 0; seen < runsLookedAtMax; ) {
    const page = await log.runs({ thread, limit: pageSize, ...(before === undefined ? {} : { before }) })
    yield* page
    seen += page.length
    before = page.at(-1)
    if (page.length < pageSize) return
  }
}

/** Earlier goals of a thread that were reached, with their answers, newest first, as many as the tokens allow. Reads the log only. */
export const earlierTurns = async (log: EventLog, query: ThreadQuery): Promise<Turn[]> => {
  const { tokensMax = threadTokensMaxDefault, turnsMax = turnsMaxDefault } = query
  const turns: Turn[] = []
  let left = tokensMax
  for await (const summary of newestFirst(log, query.thread)) {
    if (turns.length >= turnsMax) break
    if (!isTurn(summary, query)) continue
    const answer = await answerOf(log, summary.run)
    if (answer === undefined) continue
    const goal = summary.goal.text
    const allowed = Math.min(left - tokensAbout(goal), Math.ceil(tokensMax * answerShareMax))
    if (allowed <= 0) break
    const isCut = tokensAbout(answer) > allowed
    const shown = isCut ? cut(answer, allowed * 4) : answer
    const told = isCut ? { cut: isCut } : {}
    turns.push({ run: summary.run, at: summary.createdAt, goal, answer: shown, ...told })
    left -= tokensAbout(goal) + tokensAbout(shown)
  }
  return turns
}

/** What a run began with beside its goal; undefined for a run that is not there. */
export const recalledAtStart = async (log: EventLog, run: string): Promise<Recalled | undefined> => {
  const [first] = await log.read(runStream(run), { limit: 1 })
  return first?.type === 'run.queued' ? (first.data.recalled ?? {}) : undefined
}
