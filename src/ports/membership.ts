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
  /** Joins, then beats by itself until `leave`. */
  join(role: Member['role'], url?: string): Promise<void>
  leave(): Promise<void>
  members(): Promise<Member[]>
  /** False only when the member is known to be gone: it left, its process is dead, or its beat is overdue. */
  isAlive(member: string): Promise<boolean>
}
