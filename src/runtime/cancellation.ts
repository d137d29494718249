type Listener = (reason: unknown) => void

/** What listeners still have to hear of. Whoever cancels while others are called back only adds to it: a chain is as deep as one. */
let due: { listener: Listener; reason: unknown }[] | undefined

const callBack = (listeners: Iterable<Listener>, reason: unknown): void => {
  const queue = due ?? []
  for (const listener of listeners) queue.push({ listener, reason })
  if (due !== undefined) return
  due = queue
  try {
    for (const { listener, reason: why } of queue) listener(why)
  } finally {
    due = undefined
  }
}

/**
 * Says that something is no longer wanted. The AbortSignal is made when somebody asks for it: most steps never do, and a signal
 * with its listeners costs more than the rest of starting a step.
 */
export class Cancellation {
  #reason: unknown
  #cancelled = false
  #controller: AbortController | undefined
  /** Most have one listener: a Set for it would be made and dropped with each step. */
  #first: Listener | undefined
  #listeners: Set<Listener> | undefined

  get cancelled(): boolean {
    return this.#cancelled
  }

  get reason(): unknown {
    return this.#reason
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#cancelled && !this.#controller.signal.aborted) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Only the first reason counts. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#reason = reason
    const listeners: Listener[] =
      this.#controller === undefined ? [] : [() => this.#controller?.abort(reason)]
    if (this.#first !== undefined) listeners.push(this.#first)
    for (const listener of this.#listeners ?? []) listeners.push(listener)
    this.#first = undefined
    this.#listeners = undefined
    callBack(listeners, reason)
  }

  /** Calls back when it is cancelled; at once if it is already. The function returned stops that. */
  onCancel(listener: Listener): () => void {
    if (this.#cancelled) {
      listener(this.#reason)
      return () => {}
    }
    if (this.#first === undefined && this.#listeners === undefined) {
      this.#first = listener
      return () => {
        if (this.#first === listener) this.#first = undefined
      }
    }
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    return () => this.#listeners?.delete(listener)
  }
}
