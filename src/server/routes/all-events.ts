import { z } from '@hono/zod-openapi'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { runOfStream } from '../../domain/names.ts'
import type { Commit } from '../../ports/event-log.ts'
import { queryOf } from '../body.ts'
import { type App, route, type Services } from '../route.ts'
import { lastEventId } from '../run-stream.ts'

/** Commits are told together at most this often: a list is drawn again for each. */
const gatherMs = 100
/** Behind by more events than this, a reader is told to read its lists again. */
const caughtUpMost = 1_000

const querySchema = z.strictObject({
  after: z.coerce.number().int().min(0).optional().openapi({
    description: 'The id of the last message that was read; default from now on',
  }),
})

type Told = { runs: string[]; position: number; isGap?: boolean }

const runsIn = (streams: readonly string[]): string[] =>
  streams.flatMap((stream) => runOfStream(stream) ?? [])

/** Waits for commits and gathers them: the runs they wrote to, and how far the log has come. */
class Commits {
  readonly #runs = new Set<string>()
  #position = 0
  #isGap = false
  #woken = Promise.withResolvers<void>()

  add({ streams, position, gap }: Commit): void {
    if (gap) this.#isGap = true
    for (const run of runsIn(streams)) this.#runs.add(run)
    this.#position = Math.max(this.#position, position)
    this.#woken.resolve()
  }

  /** Ends a wait without a commit. */
  wake(): void {
    this.#woken.resolve()
  }

  async next(): Promise<Told> {
    await this.#woken.promise
    this.#woken = Promise.withResolvers()
    const told = { runs: [...this.#runs], position: this.#position, isGap: this.#isGap }
    this.#runs.clear()
    this.#isGap = false
    return told
  }
}

export const allEventRoutes = (app: App, services: Services): void =>
  route(
    app,
    {
      method: 'get',
      path: '/events',
      tags: ['runs'],
      summary: 'Which runs have new events, of all runs (SSE)',
      description:
        'SSE: `event: runs` with `{ runs, position }` and the position in the log as `id`. Continues behind `Last-Event-ID`, or `after`; `event: resync` when that is too far behind to tell run by run: read lists again.',
      request: { query: querySchema },
      responses: {
        200: { description: 'The messages', content: { 'text/event-stream': { schema: z.string() } } },
      },
      problems: [400],
    },
    (c) => {
      const after = lastEventId(c) ?? queryOf(c, querySchema).after
      c.header('x-accel-buffering', 'no')
      return streamSSE(c, (stream) => send(stream, services, after))
    },
  )

const send = async (
  stream: SSEStreamingApi,
  { concord, closing, heartbeatMs }: Services,
  after: number | undefined,
): Promise<void> => {
  const gone = new AbortController()
  const signal = AbortSignal.any([gone.signal, closing])
  const commits = new Commits()
  const stop = concord.log.onCommit((commit) => commits.add(commit))
  const heartbeat = setInterval(() => void stream.write(': still here\n\n'), heartbeatMs)
  const say = (event: string, { runs, position }: Told) =>
    stream.writeSSE({ event, id: String(position), data: JSON.stringify({ runs, position }) })
  stream.onAbort(() => gone.abort())
  signal.addEventListener('abort', () => commits.wake(), { once: true })
  try {
    // Sent at once, so that the reader knows that it is listened to.
    await stream.write(': listening\n\n')
    if (after !== undefined) {
      const missed = await concord.log.query({ afterPosition: after, limit: caughtUpMost })
      const position = missed.at(-1)?.position ?? after
      const runs = [...new Set(runsIn(missed.map((event) => event.stream)))]
      if (missed.length === caughtUpMost) await say('resync', { runs: [], position })
      else if (runs.length > 0) await say('runs', { runs, position })
    }
    while (!signal.aborted) {
      const told = await commits.next()
      if (told.isGap) await say('resync', told)
      else if (told.runs.length > 0) await say('runs', told)
      await stream.sleep(gatherMs)
    }
  } finally {
    clearInterval(heartbeat)
    stop()
  }
}
