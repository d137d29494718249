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

/** Whether the process that started then still runs; without a start it is told by its pid alone. */
export const processLives = (pid: number, started: string | undefined): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  // A process that ended and that its parent has not looked at yet (an init that reaps late, or never) still has its pid.
  if (['Z', 'X'].includes(statOf(pid)?.[0] ?? '')) return false
  if (started === undefined) return true
  const now = processStart(pid)
  return now === undefined || now === started
}
