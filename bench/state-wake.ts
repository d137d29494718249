import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { workFolder } from './folder.ts'
import type { Redis } from './redis.ts'
import { printTarget, ratioTo } from './report.ts'
import type { Outcome } from './rows.ts'
import { median, short } from './statistics.ts'
import { bareSocket, otherProcess, redisWay, sameProcess, type Way } from './wake-ways.ts'

export const wakeTitle = 'write here, watcher runs'

const pause = () => new Promise((resolve) => setTimeout(resolve, 2))
const p95 = (times: readonly number[]) =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN

/** All ways in turn, again and again, so that a noisy moment hits all of them. By label, in us. */
const sample = async (ways: readonly Way[], count: number): Promise<Map<string, number[]>> => {
  const times = new Map(ways.flatMap(({ labels }) => labels.map((label) => [label, [] as number[]])))
  for (let i = 0; i < count; i++)
    for (const { labels, once } of ways) {
      await pause()
      const took = await once(i)
      for (const [n, label] of labels.entries()) times.get(label)?.push(took[n] ?? Number.NaN)
    }
  return times
}

const openAll = async (folder: string, redis: Redis): Promise<Way[]> => [
  await sameProcess(join(folder, 'same')),
  await otherProcess(join(folder, 'other')),
  await bareSocket(folder),
  ...('problem' in redis
    ? []
    : [await redisWay(redis, 'PUBLISH'), await redisWay(redis, 'script + PUBLISH')]),
]

const labels = {
  same: 'the same process, from the acknowledgement',
  acknowledged: 'another process, from the acknowledgement',
  called: 'another process, from the call',
  socket: 'bare unix socket, one way to another process',
  script: 'Redis script + PUBLISH -> another process, from the call',
}

const judge = (times: Map<string, number[]>, redis: Redis): Outcome[] => {
  const of = (label: string) => times.get(label) ?? []
  const against = (title: string, floor: string, concord: string, most: number, target: string): Outcome => {
    const ratio = ratioTo(of(concord), of(floor))
    const met = Number.isNaN(ratio) ? undefined : ratio <= most
    return {
      title: `${wakeTitle}: ${title}`,
      unit: 'us',
      floor: median(of(floor)),
      concord: median(of(concord)),
      ratio,
      target,
      met,
    }
  }
  const same = median(of(labels.same))
  const nothing = { floor: Number.NaN, ratio: Number.NaN }
  const floor = 'problem' in redis ? `not measured: ${redis.problem}` : '<= 1.5x of Redis script + PUBLISH'
  return [
    {
      ...nothing,
      title: `${wakeTitle}: the same process`,
      unit: 'us',
      concord: same,
      target: '<= 10 us',
      met: same <= 10,
    },
    against('another process', labels.script, labels.called, 1.5, floor),
    against(
      'another process, stricter than TARGETS',
      labels.socket,
      labels.acknowledged,
      1.5,
      '<= 1.5x of a socket',
    ),
  ]
}

/** How long after a write a watcher runs, here and in another process. */
export const stateWake = async (quick: boolean, redis: Redis): Promise<Outcome[]> => {
  const folder = await mkdtemp(join(await workFolder(), 'wake-'))
  try {
    const ways = await openAll(folder, redis)
    const times = await sample(ways, quick ? 300 : 1500).finally(() =>
      Promise.all(ways.map(({ close }) => close())),
    )
    console.log(
      `\n${wakeTitle}, in us (median, 95th percentile); NORMAL (process), Redis with nothing on disk`,
    )
    for (const [label, values] of times)
      console.log(
        `  ${label.padEnd(58)} ${short(median(values)).padStart(9)} ${short(p95(values)).padStart(9)}`,
      )
    if ('problem' in redis) console.log(`  Redis not measured: ${redis.problem}`)
    const outcomes = judge(times, redis)
    for (const outcome of outcomes) printTarget(outcome)
    return outcomes
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
