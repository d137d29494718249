/** What the sandbox's thread is given, and the messages between it and the tool. JSON travels as text. */
export type CodeJob = {
  code: string
  input: string
  functions: string[]
  memoryBytesMax: number
  timeoutMs: number
  outputCharactersMax: number
  resultCharactersMax: number
  callsMax: number
}

export type CodeOutcome = { output: string; outputTruncated: boolean } & (
  | { end: 'returned'; result: string | undefined }
  | { end: 'threw' | 'timed-out' | 'out-of-memory' | 'result-too-large'; message: string }
)

export type FromSandbox =
  | { kind: 'ready' }
  | { kind: 'missing'; message: string }
  | { kind: 'call'; id: number; name: string; args: string }
  | { kind: 'done'; outcome: CodeOutcome }

export type ToSandbox = { kind: 'start' } | { kind: 'answer'; id: number; ok: boolean; value: string }
