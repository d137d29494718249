import { finalStatuses } from '../../domain/summary.ts'
import type { Append, Appended, EventLog } from '../../ports/event-log.ts'
import type { StateLimits } from '../../ports/state-store.ts'
import { checkEpoch, checkHead, checkName, prepareDraft } from '../drafts.ts'
import { prepareUnconditional } from '../state-write.ts'
import type { Commits } from './commits.ts'
import type { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import { queryEvents, readStream, readStreams, readVersion } from './reader.ts'
import { countRuns, keepSummary, prepareSummary, readRun, readRuns } from './runs.ts'
import type { StateTable } from './state-table.ts'
import { verifyStream } from './verify.ts'
import type { Writer } from './writer.ts'

export type LogParts = {
  connection: Connection
  committer: Committer
  commits: Commits
  writer: Writer
  table: StateTable
  limits: StateLimits
  close(): Promise<void>
}

export const sqliteLog = (parts: LogParts): EventLog => {
  const { connection, committer, commits, writer, table, limits, close } = parts
  /** Everything that can be done before the lock is held, so that the copy is taken now and the lock is short. */
  const submit = (request: Append): Promise<Appended> => {
    const { expectedVersion, epoch } = request
    const stream = checkName('append', 'a stream', request.stream)
    checkEpoch(epoch)
    const events = request.events.map((draft) => writer.salted(prepareDraft(draft)))
    const writes = request.writes?.length ? prepareUnconditional(request.writes, limits) : undefined
    const summary = request.summary && prepareSummary(request.summary)
    let bytes = 0
    for (const event of events) bytes += event.data.length
    return committer.submit(() => {
      const head = writer.head(stream)
      const created = head.version === 0
      checkHead({ stream, expectedVersion, epoch }, head)
      const apply = writes && table.decide(writes)
      // The writes first: whoever reads up to one of these events finds the state that came with it.
      const outcomes = apply?.()
      const { version, position } = writer.append(stream, events, epoch)
      if (summary) {
        keepSummary(connection, summary, created)
        if (finalStatuses.has(summary.summary.status)) writer.pin(stream)
      }
      return outcomes ? { version, position, writes: outcomes } : { version, position }
    }, bytes)
  }

  return {
    append: async (request) => submit(request),
    read: async (stream, options = {}) =>
      connection.read(`read ${stream}`, () => readStream(connection, stream, options)),
    version: async (stream) => connection.read(`read ${stream}`, () => readVersion(connection, stream)),
    query: async (query) => connection.read('query events', () => queryEvents(connection, query)),
    runs: async (query = {}) => connection.read('list runs', () => readRuns(connection, query)),
    countRuns: async (query = {}) => connection.read('count runs', () => countRuns(connection, query)),
    run: async (id) => connection.read(`read run ${id}`, () => readRun(connection, id)),
    onCommit: commits.onCommit,
    verify: async (stream) => connection.read(`verify ${stream}`, () => verifyStream(connection, stream)),
    streams: async () => connection.read('list streams', () => readStreams(connection)),
    close,
  }
}
