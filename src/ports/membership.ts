export type Member = {
  id: string
  host: string
  pid: number
  role: 'runner' | 'server'
  url?: string
  beatAt: number
}

/** The processes that share one store, and which of them live. */
export interface Membership {
  /** This process. */
  readonly self: string
  /**
   * How often this process's beat was so late that others may have taken it for gone; counted at once, not with the next beat. An
   * owner that sees it change reads its epoch before it acts.
   */
  readonly lapses: number
  /** Joins, then beats by itself until `leave`. */
  join(role: Member['role'], url?: string): Promise<void>
  leave(): Promise<void>
  /** Beats now; resolves when that is committed. */
  beat(): Promise<void>
  members(): Promise<Member[]>
  /**
   * False only when the member is known to be gone: it left, its process is dead, or this process has watched it miss its beats. So a
   * process that has just joined takes a member that stands still for alive until it has watched it for long enough.
   */
  isAlive(member: string): Promise<boolean>
}
