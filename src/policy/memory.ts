export type MemoryAccess = 'write' | 'read' | 'none'

/** What the agents of a team may do, by call over HTTP, in memory that is not their run's own; what is not mentioned is `write`. */
export type MemoryPolicy = { [S in SharedMemory]?: MemoryAccess }

export type SharedMemory = 'thread' | 'subject' | 'team' | 'global'

export const accessTo = (policy: MemoryPolicy | undefined, shared: SharedMemory): MemoryAccess =>
  policy?.[shared] ?? 'write'
