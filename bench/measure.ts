import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { workFolder } from './folder.ts'
import type { RoundReply, RoundRequest, SubjectRef } from './subject.ts'

/** `cpuPerUnitMs`: processor time of all threads; says more than the clock while others use the machine. */
export type Round = { perUnitMs: number; cpuPerUnitMs: number; facts: { [name: string]: number } }
export type Measured = { ref: SubjectRef; rounds: Round[] } | { ref: SubjectRef; error: string }

export type Effort = { rounds: number; roundMs: number; warmMs: number }

const replyWithinMs = 180_000

type Live = { ref: SubjectRef; child: ChildProcess; directory: string; rounds: Round[]; error?: string }

/** Waits for the child's next message; fails when it dies or says nothing for too long. */
const nextReply = (child: ChildProcess): Promise<RoundReply> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(new Error('no answer in time'))), replyWithinMs)
    const onMessage = (message: unknown) => settle(() => resolve(message as RoundReply))
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(new Error(`the process ended early (${signal ?? code})`)))
    const settle = (then: () => void) => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      then()
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
  })

const open = async (ref: SubjectRef): Promise<Live> => {
  const directory = await mkdtemp(join(await workFolder(), 'subject-'))
  const child = fork(
    new URL('child.ts', import.meta.url),
    [ref.file.href, ref.name, JSON.stringify(ref.options ?? {}), directory],
    {
      execArgv: ['--disable-warning=ExperimentalWarning', ...(ref.nodeArgs ?? [])],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  let said = ''
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-2000)
  })
  const live: Live = { ref, child, directory, rounds: [] }
  try {
    const first = await nextReply(child)
    if ('error' in first) live.error = first.error
  } catch (error) {
    live.error = `${error instanceof Error ? error.message : error}\n${said}`
  }
  return live
}

const round = async (live: Live, forMs: number): Promise<Round | undefined> => {
  if (live.error !== undefined) return undefined
  try {
    const answer = nextReply(live.child)
    live.child.send({ forMs } satisfies RoundRequest)
    const reply = await answer
    if ('perUnitMs' in reply) return reply
    live.error = 'error' in reply ? reply.error : 'an answer nobody asked for'
  } catch (error) {
    live.error = error instanceof Error ? error.message : String(error)
  }
  return undefined
}

const shut = async (live: Live): Promise<void> => {
  const { child } = live
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    if (live.error !== undefined || !child.connected) child.kill('SIGKILL')
    else child.send('close')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await gone
    clearTimeout(timer)
  }
  await rm(live.directory, { recursive: true, force: true })
}

const slowMs = 500
const slowRounds = 3

/** A subject whose single unit takes long is not asked for more than a few rounds. */
const isSlow = ({ rounds }: Live): boolean =>
  rounds.length >= slowRounds && rounds.every(({ perUnitMs }) => perUnitMs > slowMs)

/** Each subject in its own process, warmed up, then in turn (A B C A B C ...), so that a noisy moment hits all of them. */
export const measure = async (refs: readonly SubjectRef[], effort: Effort): Promise<Measured[]> => {
  const lives: Live[] = []
  try {
    for (const ref of refs) lives.push(await open(ref))
    for (const live of lives) {
      const startedAt = performance.now()
      // The first round is of one unit, to see how long one takes.
      for (let i = 0; i < 100 && performance.now() - startedAt < effort.warmMs; i++)
        await round(live, effort.roundMs)
    }
    for (let i = 0; i < effort.rounds; i++)
      for (const live of lives) {
        if (isSlow(live)) continue
        const result = await round(live, effort.roundMs)
        if (result !== undefined) live.rounds.push(result)
      }
  } finally {
    await Promise.all(lives.map(shut))
  }
  return lives.map(({ ref, rounds, error }) => (error === undefined ? { ref, rounds } : { ref, error }))
}

/** One piece of work each, one after the other: for what is counted, not timed. */
export const measureOnce = async (refs: readonly SubjectRef[]): Promise<Measured[]> => {
  const measured: Measured[] = []
  for (const ref of refs) measured.push(...(await measure([ref], { rounds: 1, roundMs: 0, warmMs: -1 })))
  return measured
}
