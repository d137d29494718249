import type { VersionRange } from '../domain/checkpoint.ts'
import { ConcordError } from '../domain/errors.ts'
import { runNamespace, stateStream, subjectNamespace } from '../domain/names.ts'
import type { StateStore } from '../ports/state-store.ts'
import { signIfPossible } from './checkpoint.ts'
import { type AuditParts, streamsOf } from './parts.ts'

/** `about`: ids of the runs that were about the subject. */
export type Forgotten = { runs: number; keys: number; events: number; about: readonly string[] }

const writesPerTransaction = 500

const keysOf = async (state: StateStore, namespace: string) => {
  const entries = await state.list(namespace)
  return entries.map(({ key }) => ({ namespace, key }))
}

const deleteKeys = async (state: StateStore, keys: readonly { namespace: string; key: string }[]) => {
  for (let i = 0; i < keys.length; i += writesPerTransaction)
    await state.write(
      keys
        .slice(i, i + writesPerTransaction)
        .map((key) => ({ ...key, delete: true, provenance: { agent: 'user' } })),
    )
}

/**
 * Erases what the log and the shared state hold about a subject: the data of every event in the streams of the runs about it and of their child runs, of events of
 * those runs elsewhere, and of the subject's own namespace; values those runs wrote last are deleted, their summaries removed. Envelopes, names
 * of streams and keys stay, and the chain verifies. Not touched: backups, exports; knowledge, which has a store of its own. Throws `run.owned` while one of the runs is not final.
 */
export const forgetSubject = async (parts: AuditParts, subject: string): Promise<Forgotten> => {
  const { stores, trail, clock } = parts
  const own = subjectNamespace(subject)
  const { runs, written } = await trail.snapshot(async (snapshot) => {
    const about = snapshot.runsOfSubject(subject)
    const active = about.find(({ final }) => !final)
    if (active)
      throw new ConcordError(
        'run.owned',
        `Cannot forget subject ${subject} as its runs must have ended: run ${active.run} has not; wait for it, or cancel it with "concord cancel ${active.run}"`,
      )
    const ids = about.map(({ run }) => run)
    return { runs: ids, written: snapshot.keysWrittenBy(new Set(ids)) }
  })
  const namespaces = [own, ...runs.map((run) => runNamespace(run))]
  const lists = await Promise.all(namespaces.map((namespace) => keysOf(stores.state, namespace)))
  const keys = [...lists.flat(), ...written.filter(({ namespace }) => !namespaces.includes(namespace))]
  // Deleted first, so that those who watch are told; the deletions are erased with the rest.
  await deleteKeys(stores.state, keys)
  const ranges = await trail.snapshot(async (snapshot): Promise<VersionRange[]> => {
    const whole = [...runs.flatMap(streamsOf), stateStream(own)]
    return [
      ...whole.flatMap((stream) => {
        const kept = snapshot.droppable(stream, [])
        return kept ? [{ stream, from: 1, to: kept.version }] : []
      }),
      ...runs.flatMap((run) => snapshot.elsewhere(run)),
    ]
  })
  if (ranges.length === 0) return { runs: 0, keys: 0, events: 0, about: runs }
  const events = await trail.erase(ranges, runs, {
    type: 'audit.erased',
    at: clock.now(),
    data: { reason: 'a subject was forgotten', ranges },
  })
  await signIfPossible(parts)
  return { runs: runs.length, keys: keys.length, events, about: runs }
}
