import type { payload, work } from './work.ts'

/** What is measured. Lives in a child process of its own, so that heap, garbage and compiled code are its own too. */
export type Subject = {
  /** Does the work `count` times. */
  run(count: number): Promise<void>
  /** Before each round, not timed: gets rid of what the last round left. */
  before?(): Promise<void>
  /** Measured beside the time, by name. */
  facts?(): { [name: string]: number }
  close?(): Promise<void>
}

export type SubjectOptions = { [name: string]: string | number | boolean }

/** The fake work, handed over so that a peer's file imports nothing but the peer. */
export type Shared = {
  payload: typeof payload
  work: typeof work
  stepsPerRun: number
  atOnce(count: number, most: number, fn: () => Promise<void>): Promise<void>
}

/** `directory` is the subject's own and removed afterwards. */
export type SubjectFactory = (options: SubjectOptions, directory: string, shared: Shared) => Promise<Subject>

/** Where a subject's factory is found. */
export type SubjectRef = {
  label: string
  file: URL
  name: string
  options?: SubjectOptions
  nodeArgs?: readonly string[]
  /** Units of the row in one piece of this subject's work, when not the row's `perWork`. */
  perWork?: number
}

export type RoundRequest = { forMs: number }
export type RoundReply =
  | { ready: true }
  | { perUnitMs: number; cpuPerUnitMs: number; count: number; facts: { [name: string]: number } }
  | { error: string }
