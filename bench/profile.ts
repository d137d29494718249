import { mkdtemp, rm } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workFolder } from './folder.ts'
import type { SubjectFactory, SubjectOptions } from './subject.ts'
import { atOnce } from './subjects/sqlite.ts'
import { payload, stepsPerRun, work } from './work.ts'

/** `node bench/profile.ts concord-pipeline pipeline '{"kind":"memory","runs":1}' [seconds]`: where a subject's time goes, by file and line. */

type Frame = { where: string; selfMs: number; totalMs: number }

const chunk = Number(process.argv[6] ?? 50)
const root = fileURLToPath(new URL('..', import.meta.url))

const profileOf = async (subject: Awaited<ReturnType<SubjectFactory>>, seconds: number): Promise<Frame[]> => {
  const startedAt = performance.now()
  while (performance.now() - startedAt < 1500) await subject.run(chunk)
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  const frames = new Map<string, Frame>()
  let units = 0
  let tookMs = 0
  await subject.before?.()
  await session.post('Profiler.start')
  const from = performance.now()
  while (performance.now() - from < seconds * 1000) {
    await subject.run(chunk)
    units += chunk
  }
  tookMs = performance.now() - from
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map<number, number>()
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node.id)
  const named = new Map<number, string>()
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame
    const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
    named.set(id, `${functionName || '(anonymous)'} ${path}${path === '' ? '' : `:${lineNumber + 1}`}`)
  }
  const deltas = profile.timeDeltas ?? []
  profile.samples?.forEach((id, i) => {
    const ms = (deltas[i] ?? 0) / 1000
    const counted = new Set<string>()
    for (let at: number | undefined = id; at !== undefined && nodes.has(at); at = parents.get(at)) {
      const where = named.get(at) ?? ''
      const frame = frames.get(where) ?? { where, selfMs: 0, totalMs: 0 }
      frames.set(where, frame)
      if (at === id) frame.selfMs += ms
      if (!counted.has(where)) frame.totalMs += ms
      counted.add(where)
    }
  })
  console.log(`${units} units, ${((tookMs * 1000) / units).toFixed(1)} us each (while profiled)`)
  return [...frames.values()].map((frame) => ({
    ...frame,
    selfMs: (frame.selfMs * 1000) / units,
    totalMs: (frame.totalMs * 1000) / units,
  }))
}

const print = (title: string, frames: Frame[], figure: 'selfMs' | 'totalMs', most: number): void => {
  console.log(`\n${title}, us a unit`)
  for (const frame of frames.sort((a, b) => b[figure] - a[figure]).slice(0, most))
    console.log(`${frame[figure].toFixed(2).padStart(9)}  ${frame.where}`)
}

const main = async (): Promise<void> => {
  const [file = '', name = '', options = '{}', seconds = '3'] = process.argv.slice(2)
  const found: { [name: string]: SubjectFactory | undefined } = await import(`./subjects/${file}.ts`)
  const factory = found[name]
  if (factory === undefined) throw new Error(`bench/subjects/${file}.ts exports no subject called ${name}`)
  const directory = await mkdtemp(join(await workFolder(), 'profile-'))
  try {
    const subject = await factory(JSON.parse(options) as SubjectOptions, directory, {
      payload,
      work,
      stepsPerRun,
      atOnce,
    })
    const frames = await profileOf(subject, Number(seconds))
    print('self', frames, 'selfMs', 45)
    print('with what it calls', frames, 'totalMs', 70)
    await subject.close?.()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
