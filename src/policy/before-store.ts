/** Where something is about to be written. */
export type Sink = 'log' | 'state' | 'knowledge' | 'queue' | 'logger' | 'telemetry'

export type Denied = { denied: string }

/**
 * Every write to every sink passes this one function, wired in platform around the adapters: it returns the record to write
 * (the same, or redacted, or with fields encrypted) or why it must not be written. The identity until a policy is set.
 */
export type BeforeStore = <R extends object>(sink: Sink, record: R) => R | Denied

export const isDenied = (result: object): result is Denied =>
  'denied' in result && typeof result.denied === 'string'

export const storeAsIs: BeforeStore = (_sink, record) => record
