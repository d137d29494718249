import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import type { RoundReply, RoundRequest, SubjectFactory, SubjectOptions } from './subject.ts'
import { atOnce } from './subjects/sqlite.ts'
import { payload, stepsPerRun, work } from './work.ts'

/** The process a subject lives in: told over IPC to do a round of so many milliseconds, answers what one unit of work took. */
const [file = '', name = '', options = '{}', directory = ''] = process.argv.slice(2)

const reply = (message: RoundReply): void => {
  process.send?.(message)
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

const main = async (): Promise<void> => {
  const found: unknown = await import(file.startsWith('file:') ? file : pathToFileURL(file).href)
  const factory = (found as { [name: string]: SubjectFactory | undefined })[name]
  if (factory === undefined) throw new Error(`${file} exports no subject called ${name}`)
  const subject = await factory(JSON.parse(options) as SubjectOptions, directory, {
    payload,
    work,
    stepsPerRun,
    atOnce,
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let perUnitMs = 0

  const round = async ({ forMs }: RoundRequest): Promise<void> => {
    await subject.before?.()
    const count = perUnitMs === 0 ? 1 : Math.max(1, Math.round(forMs / perUnitMs))
    delay.reset()
    delay.enable()
    const cpuBefore = process.cpuUsage()
    const startedAt = performance.now()
    await subject.run(count)
    const tookMs = performance.now() - startedAt
    delay.disable()
    perUnitMs = tookMs / count
    const { user, system } = process.cpuUsage(cpuBefore)
    const cpuPerUnitMs = (user + system) / 1000 / count
    const facts = { eventLoopDelayP99Ms: delay.percentile(99) / 1e6, ...subject.facts?.() }
    reply({ perUnitMs, cpuPerUnitMs, count, facts })
  }

  process.on('message', (request: RoundRequest | 'close') => {
    const done =
      request === 'close'
        ? (async () => {
            await subject.close?.()
            // Some peers leave timers and sockets behind that would keep the process alive.
            process.exit(0)
          })()
        : round(request)
    done.catch((error) => reply({ error: textOf(error) }))
  })
  reply({ ready: true })
}

await main().catch((error) => {
  reply({ error: textOf(error) })
  process.disconnect()
})
