import type { Goal } from '../domain/goal.ts'
import { patternMatcher } from '../domain/key-pattern.ts'
import { globalNamespace } from '../domain/names.ts'
import type { StateChange, StateNews } from '../ports/state-store.ts'
import { type Decided, WakeCursor } from './wake-cursor.ts'
import { toldChanges, wakeDepthOf, wokenGoal } from './wake-goal.ts'
import {
  changesMaxDefault,
  debouncesMax,
  sourceOf,
  type WakeOnState,
  wakeDepthMaxDefault,
} from './wake-on.ts'
import { changesIn, mayWake, meets, type Watching } from './watching.ts'

/** News that matter, all of one sequence: a change, or what a resync says. */
type Item = { sequence: number; changes: StateChange[] }

/** News that matter wait here for their turn; beyond it the store is not asked for more. */
const queuedMax = 1_000
/** A cursor that passed so many changes which do not matter is moved past them, so that a restart need not read them again. */
const passedMax = 1_000

/** Wakes for changes of one namespace. Returns when the store closes the watch. */
export const watchChanges = async (watching: Watching, on: WakeOnState): Promise<void> => {
  const wakes = new ChangeWakes(watching, on)
  await wakes.run()
}

class ChangeWakes {
  readonly #watching: Watching
  readonly #on: WakeOnState
  readonly #namespace: string
  readonly #cursor: WakeCursor
  readonly #matches: (key: string) => boolean
  #queue: Item[] = []
  /** By the monotonic clock: how long it has been quiet does not depend on what the wall clock is set to. */
  #firstAt = 0
  #lastAt = 0
  #ended = false
  /** Rings when something came, or the watching ends. */
  #ring: () => void = () => {}
  #room: () => void = () => {}

  constructor(watching: Watching, on: WakeOnState) {
    this.#watching = watching
    this.#on = on
    this.#namespace = on.namespace ?? globalNamespace
    this.#matches = patternMatcher(on.state)
    const { wake, ports, signal } = watching
    this.#cursor = new WakeCursor({
      ports,
      name: wake.name,
      source: sourceOf(on),
      start: ports.start,
      rebuild: (decided) => this.#rebuild(decided),
      signal,
    })
  }

  async run(): Promise<void> {
    const { ports, signal, opened } = this.#watching
    await this.#cursor.open(() => ports.state.sequence(this.#namespace))
    const watch = ports.state.watch(this.#namespace, this.#on.state, {
      since: this.#cursor.sequence,
      // Each change counts: who is far behind reads them one by one rather than being told what stands now.
      lagMax: Number.MAX_SAFE_INTEGER,
      signal,
    })
    await watch.opened
    opened()
    const reading = this.#read(watch)
    // A failure is the business of whoever awaits it below; meanwhile it must not count as nobody's.
    reading.catch(() => {})
    try {
      await this.#wakeAll()
      await reading
    } finally {
      watch.close()
    }
  }

  async #read(watch: AsyncIterable<StateNews>): Promise<void> {
    let passed = 0
    try {
      for await (const news of watch) {
        if (news.sequence <= this.#cursor.sequence) continue
        const changes = changesIn(news).filter((change) => this.#matters(change))
        if (changes.length > 0) {
          this.#push({ sequence: news.sequence, changes })
          passed = 0
        } else if (++passed >= passedMax && this.#queue.length === 0) {
          passed = 0
          await this.#cursor.pass(news.sequence)
        }
        while (this.#queue.length >= queuedMax && !this.#watching.signal.aborted)
          await new Promise<void>((resolve) => {
            this.#room = resolve
          })
      }
    } finally {
      this.#ended = true
      this.#ring()
    }
  }

  #matters(change: StateChange): boolean {
    return this.#matches(change.key) && meets(this.#watching, this.#on.if, change, { key: change.key })
  }

  #push(item: Item): void {
    const now = this.#watching.ports.clock.monotonic()
    if (this.#queue.length === 0) this.#firstAt = now
    this.#lastAt = now
    this.#queue.push(item)
    this.#ring()
  }

  /** Until something rings, or `ms` have passed. */
  #rung(ms?: number): Promise<void> {
    const { ports, signal } = this.#watching
    return new Promise((resolve) => {
      const done = () => {
        cancel?.()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = ms === undefined ? undefined : ports.clock.schedule(ms, done, { unref: true })
      this.#ring = done
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })
  }

  async #wakeAll(): Promise<void> {
    const { signal, ports } = this.#watching
    const { debounceMs = 0, coalesce = false } = this.#on
    for (;;) {
      if (signal.aborted || (this.#ended && this.#queue.length === 0)) return
      if (this.#queue.length === 0) {
        await this.#rung()
        continue
      }
      const due = Math.min(this.#lastAt + debounceMs, this.#firstAt + debounceMs * debouncesMax)
      const waitMs = debounceMs === 0 ? 0 : due - ports.clock.monotonic()
      if (waitMs > 0) {
        await this.#rung(waitMs)
        continue
      }
      if (coalesce) await this.#lastSettled()
      if (signal.aborted) return
      await this.#wake()
    }
  }

  /** One run at a time. */
  async #lastSettled(): Promise<void> {
    const { ports, signal } = this.#watching
    const { run } = this.#cursor
    if (run !== undefined && (await ports.log.run(run)) !== undefined)
      await ports.settled(run, signal).catch((error) => {
        if (!signal.aborted) ports.logger.warn({ error, run }, 'the end of the last run could not be awaited')
      })
  }

  async #wake(): Promise<void> {
    const { debounceMs = 0, coalesce = false, changesMax = changesMaxDefault } = this.#on
    const items = debounceMs > 0 || coalesce ? this.#queue.slice(0, changesMax) : this.#queue.slice(0, 1)
    const sequence = items.at(-1)?.sequence ?? 0
    const changes = items.flatMap((item) => item.changes)
    const depths = await this.#depths(changes)
    const { wakeDepthMax = wakeDepthMaxDefault } = this.#on
    // What others changed meanwhile is no part of the loop.
    const allowed = changes.filter(({ provenance }) => (depths.get(provenance.run) ?? 1) <= wakeDepthMax)
    const told = allowed.length > 0 ? allowed : changes
    const decided: Decided = {
      sequence,
      changes: [...new Set(told.map((change) => change.sequence))],
      depth: Math.max(...told.map(({ provenance }) => depths.get(provenance.run) ?? 1)),
    }
    if (mayWake(this.#watching, decided.depth ?? 1)) {
      decided.run = this.#cursor.idOf(sequence)
      await this.#cursor.advance(decided, this.#goal(decided, told))
    } else await this.#cursor.advance({ ...decided, refused: 'wakeDepthMax' }, undefined)
    this.#queue = this.#queue.filter((item) => item.sequence > this.#cursor.sequence)
    this.#firstAt = this.#watching.ports.clock.monotonic()
    this.#room()
  }

  /** The depth that a run woken by each writer's changes would have. */
  async #depths(changes: readonly StateChange[]): Promise<Map<string | undefined, number>> {
    const depths = new Map<string | undefined, number>()
    for (const { provenance } of changes)
      if (!depths.has(provenance.run))
        depths.set(provenance.run, 1 + (await wakeDepthOf(this.#watching.ports.log, provenance)))
    return depths
  }

  #goal({ sequence, depth = 1 }: Decided, changes: readonly StateChange[]): Goal {
    const { wake } = this.#watching
    const keys = [...new Set(changes.map(({ key }) => key))]
    const named =
      keys.length > 3 ? `${keys.slice(0, 3).join(', ')} and ${keys.length - 3} more` : keys.join(', ')
    const text = this.#on.goal ?? `React to the change of ${named || this.#on.state} in ${this.#namespace}`
    const woken = { name: wake.name, source: sourceOf(this.#on), sequence, depth }
    return wokenGoal({ text, team: wake.team, namespace: this.#namespace }, woken, {
      namespace: this.#namespace,
      changes: toldChanges(changes),
    })
  }

  /** What another server decided on and did not live to start: the changes are read again. */
  async #rebuild(decided: Decided): Promise<Goal> {
    const wanted = new Set(decided.changes)
    const changes: StateChange[] = []
    const first = Math.min(...wanted, decided.sequence)
    const watch = this.#watching.ports.state.watch(this.#namespace, this.#on.state, {
      since: first - 1,
      lagMax: Number.MAX_SAFE_INTEGER,
      signal: this.#watching.signal,
    })
    try {
      for await (const news of watch) {
        changes.push(
          ...changesIn(news).filter(
            (change) => this.#matches(change.key) && (wanted.has(change.sequence) || news.kind === 'resync'),
          ),
        )
        if (news.sequence >= decided.sequence) break
      }
    } finally {
      watch.close()
    }
    return this.#goal(decided, changes)
  }
}
