/**
 * A Map for things that come and go all the time and hold much. Taken out, a slot is emptied: V8 links each table of a Map to the larger or fresh one
 * that replaced it, so a table that has grown old keeps what its successors held from the collection of young garbage (measured: half of all that runs leave behind).
 */
export type Slots<T> = {
  get(id: string): T | undefined
  has(id: string): boolean
  set(id: string, value: T): void
  delete(id: string): void
  values(): T[]
  readonly size: number
}

export const slots = <T extends object>(): Slots<T> => {
  const held = new Map<string, { value: T | undefined }>()
  const remove = (id: string): void => {
    const slot = held.get(id)
    if (slot === undefined) return
    slot.value = undefined
    held.delete(id)
  }
  return {
    get: (id) => held.get(id)?.value,
    has: (id) => held.has(id),
    set(id, value) {
      remove(id)
      held.set(id, { value })
    },
    delete: remove,
    get size() {
      return held.size
    },
    values: () => [...held.values()].flatMap(({ value }) => value ?? []),
  }
}
