/**
 * Says that something is no longer wanted. The AbortSignal is made when somebody asks for it: most steps never do, and a signal
 * with its listeners costs more than the rest of starting a step.
 */
export class Cancellation {
  #reason: unknown
  #cancelled = false
  #controller: AbortController | undefined
  #listeners: Set<(reason: unknown) => void> | undefined

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
    this.#controller?.abort(reason)
    for (const listener of this.#listeners ?? []) listener(reason)
    this.#listeners = undefined
  }

  /** Calls back when it is cancelled; at once if it is already. The function returned stops that. */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.#cancelled) {
      listener(this.#reason)
      return () => {}
    }
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    return () => this.#listeners?.delete(listener)
  }
}
