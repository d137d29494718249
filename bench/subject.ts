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

/** `directory` is the subject's own and removed afterwards. */
export type SubjectFactory = (options: SubjectOptions, directory: string) => Promise<Subject>

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
  | { perUnitMs: number; count: number; facts: { [name: string]: number } }
  | { error: string }
