/**
 * Where something is about to be written: events and summaries of runs (`log`), values, messages and forks of shared
 * state, documents and vectors (`knowledge`), entries of queues, answers of models that are kept (`cache`), lines of
 * the logger. Members and leases are no sinks: they hold names of hosts, processes and entries, nothing of a run.
 */
export type Sink = 'log' | 'state' | 'knowledge' | 'queue' | 'cache' | 'logger'

export type Denied = { denied: string }

/**
 * Every write to every sink passes this one function, wired in platform around the adapters: it returns the record
 * to write (the same, or redacted) or why it must not be written. It answers at once, not with a promise. What it
 * returns for an event is what the run continues with, too, here and after a crash: nothing decrypts what it encrypts.
 */
export type BeforeStore = <R extends object>(sink: Sink, record: R) => R | Denied

export const isDenied = (result: object): result is Denied =>
  'denied' in result && typeof result.denied === 'string'

export const storeAsIs: BeforeStore = (_sink, record) => record

const nothing = () => {}

/** Asks the policy. One that throws, answers with a promise or returns no record denies, with that as the reason. */
export const asked = <R extends object>(beforeStore: BeforeStore, sink: Sink, record: R): R | Denied => {
  try {
    const result: unknown = beforeStore(sink, record)
    if (result instanceof Promise) {
      result.catch(nothing)
      return { denied: 'beforeStore returned a promise, and must answer at once: make it synchronous' }
    }
    if (typeof result === 'object' && result !== null) return result as R | Denied
    return { denied: `beforeStore returned ${result === null ? 'null' : typeof result}, not a record` }
  } catch (error) {
    return { denied: `beforeStore threw: ${error instanceof Error ? error.message : String(error)}` }
  }
}
