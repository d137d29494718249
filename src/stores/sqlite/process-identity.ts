import { readFileSync } from 'node:fs'

/** Fields of proc(5) stat from the third on, the state; undefined where there is no /proc or no such process. */
const statOf = (pid: number): string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name is in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/**
 * When a process started, as text that no other process of this machine's life shares with the same pid: boot id and start tick (field 22 of
 * proc(5) stat). Undefined where there is no /proc or no such process.
 */
export const processStart = (pid: number): string | undefined => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const ticks = statOf(pid)?.[19]
    return ticks === undefined ? undefined : `${boot}/${ticks}`
  } catch {
    return undefined
  }
}

/** `stopped` by a signal or by a debugger that traces it; known only where there is a /proc. */
export type ProcessState = 'running' | 'stopped' | 'dead'

/** What the process that started then is doing; without a start it is known by its pid alone. */
export const processState = (pid: number, started: string | undefined): ProcessState => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it exists and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'dead'
  }
  const state = statOf(pid)?.[0] ?? ''
  // A process that ended and that its parent has not looked at yet (an init that reaps late, or never) still has its pid.
  if (['Z', 'X'].includes(state)) return 'dead'
  const now = started === undefined ? undefined : processStart(pid)
  if (now !== undefined && now !== started) return 'dead'
  return ['T', 't'].includes(state) ? 'stopped' : 'running'
}

export const processLives = (pid: number, started: string | undefined): boolean =>
  processState(pid, started) !== 'dead'
