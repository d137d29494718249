import { createHash, createHmac } from 'node:crypto'
import { ConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { canonicalJson, type Json, sameJson } from '../domain/json.ts'
import { runStream } from '../domain/names.ts'
import type { Concord, GoalRequest } from '../platform/concord-types.ts'
import { wouldStore } from '../platform/stores.ts'
import { defaultTeam } from '../platform/teams.ts'

export type AskedGoal = Exclude<GoalRequest, string>

/** The run of an Idempotency-Key: the same key names the same run, on every server of the store. */
export const runOfKey = (key: string): string =>
  `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`

/**
 * Digest of what a caller sent and of who it is, before defaults and policies. Keyed with the Idempotency-Key, which
 * is not stored: without the key nobody can test guesses of what a policy kept out of the log.
 */
export const requestDigest = (key: string, request: Json): string =>
  createHmac('sha256', key).update(canonicalJson(request)).digest('hex')

/** Absent members and members without a value are the same. */
const plain = (goal: Goal): Json => JSON.parse(JSON.stringify(goal)) as Json

/** Runs of 0.1 keep no digest: their goal is compared with the one that would be made today. */
const isSameGoal = async ({ log, config }: Concord, id: string, request: AskedGoal): Promise<boolean> => {
  const before = await log.run(id)
  if (before === undefined) return true
  const budget = request.budget ?? config.budget
  const goal = { ...request, team: request.team ?? defaultTeam(config), ...(budget && { budget }) }
  const stored = wouldStore(config.beforeStore, { ...before, goal })
  return 'goal' in stored && sameJson(plain(stored.goal as Goal), plain(before.goal))
}

/** Throws `key.reused` when the run of a key was started by another request. */
export const checkSameRequest = async (
  concord: Concord,
  id: string,
  { request, digest }: { request: AskedGoal; digest: string },
): Promise<void> => {
  const [first] = await concord.log.read(runStream(id), { limit: 1 })
  if (first === undefined) return
  // Erased data have no members.
  const kept = first.type === 'run.queued' ? first.data?.requested : undefined
  if (kept === undefined ? await isSameGoal(concord, id, request) : kept === digest) return
  throw new ConcordError(
    'key.reused',
    `Cannot take this Idempotency-Key as it belongs to run "${id}", which was asked for something else or by somebody else; send another key, or the same body as the same caller`,
    { details: { runId: id } },
  )
}
