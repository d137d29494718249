import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { finalStatuses } from '../../src/domain/summary.ts'
import { type Concord, type Event, openConcord, type RunSummary } from '../../src/index.ts'
import { seeded } from '../seed.ts'
import { chaosTeams, type Note } from './chaos-teams.ts'

const worker = fileURLToPath(new URL('./chaos-worker.ts', import.meta.url))
const tokens = 200_000

export type Chaos = { seed: number; runs: number; limitMs: number }
export type Told = { seed: number; kills: number; ended: { [status: string]: number }; events: number }

const open = (directory: string | undefined, { seed, runs }: Chaos, note: Note): Promise<Concord> =>
  openConcord({
    config: {
      stores: directory === undefined ? { kind: 'memory' } : { directory },
      teams: chaosTeams(seed, runs, note),
    },
  })

const isOver = ({ status }: RunSummary): boolean => finalStatuses.has(status)

/** Says yes to everybody who asks. */
const answerAll = async (concord: Concord, summary: RunSummary): Promise<void> => {
  if (summary.status !== 'waiting') return
  const run = { id: summary.run }
  for (const { for: kind, hash } of await concord.waits(run.id)) {
    if ((kind !== 'approval' && kind !== 'answer') || hash === undefined) continue
    const decision = {
      kind: kind === 'approval' ? ('approve' as const) : ('answer' as const),
      hash,
      value: 7,
    }
    // Another process may have answered in the meantime.
    await concord.signal(run.id, decision).catch((error) => {
      if (!['run.not-waiting', 'run.finished'].includes(error.code)) throw error
    })
  }
}

/** What each run returns when nothing happens to it. */
const unharmed = async (chaos: Chaos): Promise<unknown[]> => {
  const concord = await open(undefined, chaos, () => {})
  concord.runner.adopt(50)
  const outputs = await Promise.all(
    Array.from({ length: chaos.runs }, async (_, i) => {
      const { id } = await concord.start(
        { text: 'go', team: `chaos${i}`, budget: { tokens } },
        { id: `run${i}` },
      )
      for (;;) {
        const run = await concord.runner.settled(id)
        if (finalStatuses.has(run.status)) return run.output
        for (const summary of await concord.runs({ limit: 1000 })) await answerAll(concord, summary)
        await pass(5)
      }
    }),
  )
  await concord.close()
  return outputs
}

/** A message, a pause, a resume, rarely a cancel, for a run drawn by chance; and whoever rests goes on some time. */
const meddle = async (concord: Concord, open: RunSummary[], random: () => number): Promise<void> => {
  for (const summary of open) {
    const { run } = summary
    await answerAll(concord, summary).catch(late)
    const dice = random()
    const signal = (kind: 'pause' | 'resume' | 'message' | 'cancel') =>
      concord.signal(run, { kind, value: 'chaos' }).catch(late)
    if (summary.status === 'suspended' && dice < 0.5) await signal('resume')
    else if (dice < 0.03) await signal('pause')
    else if (dice < 0.1) await signal('message')
    else if (dice < 0.105) await signal('cancel')
  }
}

/** A run may end between the look and the word. */
const late = (error: { code?: string }): void => {
  if (error.code !== 'run.finished') throw error
}

/** Processes that start some runs each and are killed soon after, one after the other. Resolves with how many. */
const killAll = async (
  starting: number[],
  { seed, runs }: Chaos,
  places: string[],
  children: ChildProcess[],
): Promise<number> => {
  const random = seeded(seed + 1)
  let kills = 0
  for (let next = 0; next < starting.length; next += 2, kills++) {
    const mine = starting.slice(next, next + 2)
    const args = [worker, ...places, ...[seed, runs, ...mine].map(String)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    await pass(random() * 300)
    child.kill('SIGKILL')
    await closed
  }
  return kills
}

/** Random teams on one store, in two openings in this process and in others that are killed; checked from the log afterwards. */
export const wreak = async (chaos: Chaos): Promise<Told> => {
  const random = seeded(chaos.seed)
  const directory = await mkdtemp(join(tmpdir(), 'concord-chaos-'))
  const effects = join(directory, 'effects.txt')
  const note: Note = (line) => appendFileSync(effects, `${line}\n`)
  const children: ChildProcess[] = []
  const opened: Concord[] = []
  try {
    const expected = await unharmed(chaos)
    const openOne = async (): Promise<Concord> => {
      const concord = await open(directory, chaos, note)
      concord.runner.adopt(100)
      opened.push(concord)
      return concord
    }
    const steady = await openOne()
    let other = await openOne()
    const goalOf = (i: number) => ({ text: 'go', team: `chaos${i}`, budget: { tokens } })
    const all = Array.from({ length: chaos.runs }, (_, i) => i)
    const killing = killAll(
      all.filter((i) => i % 3 > 0),
      chaos,
      [directory, effects],
      children,
    )
    for (const i of all.filter((each) => each % 3 === 0))
      await (i % 2 === 0 ? steady : other).start(goalOf(i), { id: `run${i}` })
    let killed: number | undefined
    killing.then(
      async (kills) => {
        // Killed before it was durable, a run is started by somebody else: asked for twice, it is one.
        for (const i of all) await steady.start(goalOf(i), { id: `run${i}` })
        killed = kills
      },
      () => {},
    )
    const until = performance.now() + chaos.limitMs
    for (let turn = 1; ; turn++) {
      const unfinished = (await steady.runs({ limit: 10_000 })).filter((summary) => !isOver(summary))
      if (unfinished.length === 0 && killed !== undefined) break
      assert.ok(performance.now() < until, `stuck: ${await telling(steady, unfinished)}`)
      await meddle(steady, unfinished, random)
      if (turn % 12 === 0) {
        await other.close('chaos')
        opened.splice(opened.indexOf(other), 1)
        other = await openOne()
      }
      await pass(15 + random() * 30)
    }
    const kills = await killing
    const ended = await steady.runs({ limit: 10_000 })
    let events = 0
    for (const summary of ended) events += await checked(steady, summary, expected)
    checkEffects(effects, await effectsOf(steady, ended))
    return { seed: chaos.seed, kills, ended: counted(ended), events }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    for (const concord of opened) await concord.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const counted = (runs: RunSummary[]): { [status: string]: number } => {
  const counts: { [status: string]: number } = {}
  for (const { status } of runs) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const telling = async (concord: Concord, runs: RunSummary[]): Promise<string> => {
  const lines = await Promise.all(
    runs.map(async ({ run, status, owner }) => {
      const last = (await concord.events(run)).slice(-4)
      return `${run} ${status} ${owner ?? '-'}: ${JSON.stringify(last.map(({ type, step, data }) => [type, step, data]))}`
    }),
  )
  return lines.join('\n').slice(0, 5000)
}

/** What must be true of every run's log, whatever happened. */
const checked = async (concord: Concord, summary: RunSummary, expected: unknown[]): Promise<number> => {
  const { run } = summary
  const events = await concord.events(run)
  const where = (event: Event) => `${event.id} ${event.type} ${event.step ?? ''}`
  const { brokenAt, reason } = await concord.log.verify(`run/${run}`)
  assert.equal(brokenAt, undefined, `${run}: ${reason}`)
  assert.deepEqual(
    events.map((event) => event.version),
    events.map((_, i) => i + 1),
  )
  const ends = events.filter((event) => /^run\.(succeeded|failed|cancelled)$/.test(event.type))
  assert.equal(ends.length, 1, `${run} ends once`)
  assert.equal(events.at(-1), ends[0], `${run}: nothing after its end`)
  checkOwners(events, where)
  checkSteps(events, where)
  const received = events.flatMap((event) => (event.type === 'signal.received' ? [event.data.inbox] : []))
  assert.equal(new Set(received).size, received.length, `${run}: a signal was received twice`)
  const end = ends[0]
  if (end?.type === 'run.succeeded' && !run.includes('.'))
    assert.deepEqual(end.data.output, expected[Number(run.slice('run'.length))], run)
  // A child that somebody cancelled fails its parent; nothing else may fail here.
  if (end?.type === 'run.failed' && end.data.failure.code !== 'run.cancelled')
    assert.fail(`${run} failed: ${JSON.stringify(end.data)}`)
  const folded = await concord.runner.load(run)
  assert.ok(folded.book.spent.tokens <= tokens, `${run} spent ${folded.book.spent.tokens}`)
  await checkState(concord, run, end?.type === 'run.succeeded')
  return events.length
}

/** Epochs only rise, each with one claim, and no event carries an older one than its claim's. */
const checkOwners = (events: Event[], where: (event: Event) => string): void => {
  let epoch = 0
  for (const event of events) {
    if (event.type === 'run.claimed') {
      assert.equal(event.data.epoch, epoch + 1, where(event))
      epoch = event.data.epoch
    } else assert.ok(event.epoch === epoch || event.version === 1, where(event))
  }
}

/** An acknowledged execution is neither started nor closed again, and every one that is closed was started. */
const checkSteps = (events: Event[], where: (event: Event) => string): void => {
  const started = new Set<string>()
  const succeeded = new Set<string>()
  for (const event of events) {
    if (event.type !== 'step.started' && event.type !== 'step.succeeded') continue
    const key = `${event.data.plan}/${event.step}/${event.data.redo}`
    assert.equal(succeeded.has(key), false, `acknowledged before: ${where(event)}`)
    if (event.type === 'step.started') started.add(key)
    else {
      assert.ok(started.has(key), `never started: ${where(event)}`)
      succeeded.add(key)
    }
  }
}

/** Each write was applied once: as many operations as the counter says, none twice. */
const checkState = async (concord: Concord, run: string, succeeded: boolean): Promise<void> => {
  const changes = (await concord.log.read(`state/run/${run}`)).filter(
    (event) => event.type === 'state.changed' && event.data.key === 'sum',
  )
  const operations = changes.map((event) => (event.type === 'state.changed' ? event.data.operation : ''))
  assert.equal(new Set(operations).size, operations.length, `${run}: an operation was applied twice`)
  assert.equal((await concord.state(`run/${run}`).get('sum')) ?? 0, changes.length, run)
  const done = (await concord.events(run)).filter(
    (event) => event.type === 'step.succeeded' && event.agent === 'effect',
  )
  if (succeeded) assert.equal(changes.length, done.length, `${run}: one write an execution of "effect"`)
}

type Effects = { recorded: Set<string>; chances: Map<string, number> }

/** Which effects the logs acknowledge, and how often each may have been tried: once an execution, once more for every owner lost. */
const effectsOf = async (concord: Concord, runs: RunSummary[]): Promise<Effects> => {
  const recorded = new Set<string>()
  const chances = new Map<string, number>()
  for (const { run } of runs) {
    let claims = 0
    const open = new Map<string, string>()
    for (const event of await concord.events(run)) {
      if (event.type === 'run.claimed') claims++
      if (event.type === 'step.started') {
        const key = `${run}/${event.data.plan}/${event.step}/${event.data.redo}`
        open.set(event.step ?? '', key)
        chances.set(key, (chances.get(key) ?? 0) + 1)
      }
      const key = open.get(event.step ?? '')
      if (event.type === 'step.recorded' && event.data.name === 'once')
        recorded.add(`${key}/${event.data.call}`)
      if (event.type === 'tool.answered') recorded.add(`${key}/${event.data.call}`)
    }
    for (const [key, count] of chances) if (key.startsWith(`${run}/`)) chances.set(key, count + claims)
  }
  return { recorded, chances }
}

const checkEffects = (file: string, { recorded, chances }: Effects): void => {
  const done = new Map<string, number>()
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  for (const line of lines) {
    const key = line.slice('effect '.length)
    done.set(key, (done.get(key) ?? 0) + 1)
  }
  for (const key of recorded) assert.ok(done.has(key), `acknowledged and never done: ${key}`)
  for (const [key, count] of done) {
    const most = chances.get(key.slice(0, key.lastIndexOf('/'))) ?? 0
    assert.ok(count <= most, `${key} was done ${count} times in at most ${most} executions`)
  }
}
