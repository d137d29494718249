import type { SubjectFactory } from '../subject.ts'
import { dataOf } from './log-floor.ts'
import { open } from './state-concord.ts'

/** `EventLog.append` of one event at an expected version, each writer on a stream of its own. */
export const append: SubjectFactory = async ({ writers, durability }, directory) => {
  const stores = await open(directory, durability === 'power' ? 'power' : 'process')
  const streams = Array.from({ length: Number(writers) }, (_, id) => ({ name: `run/${id}`, version: 0 }))
  const one = async (stream: (typeof streams)[number]) => {
    const { name, version: expectedVersion } = stream
    const { version } = await stores.log.append({
      stream: name,
      expectedVersion,
      epoch: 1,
      events: [
        { type: 'step.succeeded', at: Date.now(), step: 's', agent: 'a', data: dataOf(expectedVersion) },
      ],
    })
    stream.version = version
  }
  return {
    async run(count) {
      const writer = async (stream: (typeof streams)[number]) => {
        for (let i = 0; i < count; i++) await one(stream)
      }
      await Promise.all(streams.map(writer))
    },
    close: () => stores.close(),
  }
}
