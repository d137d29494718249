import { type Kernel, kernelFor } from './kernel.ts'
import { type WasmMemory, wasmMemory } from './web-assembly.ts'

export type VectorMatch = {
  key: number
  /** Cosine, -1 to 1. */
  score: number
}

export type VectorIndexOptions = {
  dimensions: number
  /** How many of the nearest by sign are scored exactly, at least; also a 64th of all and 10 times what is asked for. */
  rescored?: number
  kernel?: 'wasm' | 'plain'
}

/** A unit vector's dot product with another of this scale stays below 2^30: sums of products fit 32 bits. */
const scale = 32767
const align = (bytes: number): number => Math.ceil(bytes / 16) * 16
const pageBytes = 65_536

/**
 * Exact-enough nearest neighbours without building anything: every vector is kept as its signs (one bit a dimension) and as 16-bit
 * fixed point. A search compares signs with all vectors (Hamming distance, which for signs of random projections follows the angle:
 * Charikar, STOC 2002), then scores the nearest of them by dot product. A vector can be found as soon as it is set, and is not found any
 * more as soon as it is deleted: a freed slot is used again.
 */
export class VectorIndex {
  readonly dimensions: number
  readonly #rescored: number
  readonly #bitBytes: number
  readonly #rowBytes: number
  readonly #kernel: Kernel['kind']
  #store: Store
  readonly #slots = new Map<number, number>()
  #keys: number[] = []
  #free: number[] = []
  readonly #sum: Float64Array

  constructor({ dimensions, rescored = 384, kernel = 'wasm' }: VectorIndexOptions) {
    this.dimensions = dimensions
    this.#rescored = rescored
    this.#bitBytes = align(dimensions / 8)
    this.#rowBytes = align(dimensions * 2)
    this.#kernel = kernel
    this.#sum = new Float64Array(dimensions)
    this.#store = this.#allocate(1024)
  }

  get size(): number {
    return this.#slots.size
  }

  get kernel(): Kernel['kind'] {
    return this.#store.kernel.kind
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.#store.memory.buffer.byteLength
  }

  has(key: number): boolean {
    return this.#slots.has(key)
  }

  keys(): IterableIterator<number> {
    return this.#slots.keys()
  }

  /** `vector` need not be of unit length; a zero vector is nearest to nothing. */
  set(key: number, vector: Float32Array): void {
    const slot = this.#slots.get(key) ?? this.#free.pop() ?? this.#keys.length
    if (slot >= this.#store.capacity) this.#grow()
    this.#slots.set(key, slot)
    this.#keys[slot] = key
    this.#count(slot, -1)
    this.#write(this.#store.bits + slot * this.#bitBytes, this.#store.rows + slot * this.#rowBytes, vector)
    this.#count(slot, 1)
    this.#store.bytes[this.#store.live + slot] = 1
  }

  delete(key: number): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined) return false
    this.#slots.delete(key)
    this.#free.push(slot)
    this.#count(slot, -1)
    const { bytes, live, bits, rows } = this.#store
    bytes[live + slot] = 0
    bytes.fill(0, bits + slot * this.#bitBytes, bits + (slot + 1) * this.#bitBytes)
    bytes.fill(0, rows + slot * this.#rowBytes, rows + (slot + 1) * this.#rowBytes)
    return true
  }

  /** The `limit` nearest by cosine, best first, ties by key; only among `allowed` keys where given. */
  search(vector: Float32Array, limit: number, allowed?: Iterable<number>): VectorMatch[] {
    const store = this.#store
    const used = this.#keys.length
    if (used === 0 || limit < 1) return []
    const filter = allowed === undefined ? store.live : this.#mask(allowed)
    this.#write(store.query, store.queryRow, vector)
    store.bytes.fill(0, store.histogram, store.histogram + (this.#bitBytes * 8 + 1) * 4)
    store.kernel.scan(store.bits, store.query, filter, store.distances, store.histogram, used)
    const wanted = Math.min(store.capacity, Math.max(this.#rescored, limit * 10, used >> 6))
    const picked = this.#pick(used, wanted)
    store.kernel.score(store.rows, store.queryRow, store.picked, store.scores, picked)
    return this.#best(picked, limit)
  }

  /** The mean of the vectors, each of length 1, and how many they are; undefined when there is none. */
  centre(): { mean: Float32Array; count: number } | undefined {
    const count = this.size
    if (count === 0) return undefined
    return { mean: Float32Array.from(this.#sum, (value) => value / count / scale), count }
  }

  /** Rows are whole numbers: the sum stays exact however often vectors come and go. A slot that is free holds zeros. */
  #count(slot: number, sign: 1 | -1): void {
    const { memory, rows } = this.#store
    const row = new Int16Array(memory.buffer, rows + slot * this.#rowBytes, this.dimensions)
    for (let i = 0; i < this.dimensions; i++) this.#sum[i]! += sign * row[i]!
  }

  /** Slots of all distances up to the one within which `wanted` are found; the last distance may bring more: all or none of it. */
  #pick(used: number, wanted: number): number {
    const { memory, histogram, distances, picked, capacity } = this.#store
    const counts = new Uint32Array(memory.buffer, histogram, this.#bitBytes * 8 + 1)
    let within = 0
    let most = 0
    for (; most < counts.length - 1; most++) {
      within += counts[most]!
      if (within >= wanted) break
    }
    const found = new Uint16Array(memory.buffer, distances, used)
    const out = new Uint32Array(memory.buffer, picked, capacity)
    let count = 0
    for (let slot = 0; slot < used; slot++) if (found[slot]! <= most) out[count++] = slot
    return count
  }

  #best(picked: number, limit: number): VectorMatch[] {
    const { memory, picked: at, scores } = this.#store
    const slots = new Uint32Array(memory.buffer, at, picked)
    const found = new Int32Array(memory.buffer, scores, picked)
    const best: number[] = []
    const before = (a: number, b: number): boolean =>
      found[a]! > found[b]! || (found[a] === found[b] && this.#keys[slots[a]!]! < this.#keys[slots[b]!]!)
    for (let i = 0; i < picked; i++) {
      if (best.length >= limit && !before(i, best[limit - 1]!)) continue
      if (best.length >= limit) best.pop()
      let [low, high] = [0, best.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (before(i, best[middle]!)) high = middle
        else low = middle + 1
      }
      best.splice(low, 0, i)
    }
    return best.map((i) => ({ key: this.#keys[slots[i]!]!, score: found[i]! / (scale * scale) }))
  }

  #mask(allowed: Iterable<number>): number {
    const { bytes, filter, capacity } = this.#store
    bytes.fill(0, filter, filter + capacity)
    for (const key of allowed) {
      const slot = this.#slots.get(key)
      if (slot !== undefined) bytes[filter + slot] = 1
    }
    return filter
  }

  #write(bitsAt: number, rowAt: number, vector: Float32Array): void {
    const { memory, bytes } = this.#store
    const row = new Int16Array(memory.buffer, rowAt, this.#rowBytes / 2)
    let square = 0
    for (let i = 0; i < this.dimensions; i++) square += vector[i]! * vector[i]!
    const factor = square > 0 && Number.isFinite(square) ? scale / Math.sqrt(square) : 0
    bytes.fill(0, bitsAt, bitsAt + this.#bitBytes)
    for (let i = 0; i < this.dimensions; i++) {
      const value = vector[i]!
      // Towards zero, so that the length stays below the scale.
      row[i] = value * factor
      if (value > 0) bytes[bitsAt + (i >> 3)]! |= 1 << (i & 7)
    }
  }

  #allocate(capacity: number): Store {
    let at = 0
    const region = (bytes: number): number => {
      const start = at
      at += align(bytes)
      return start
    }
    const regions = {
      query: region(this.#bitBytes),
      queryRow: region(this.#rowBytes),
      histogram: region((this.#bitBytes * 8 + 1) * 4),
      live: region(capacity),
      filter: region(capacity),
      distances: region(capacity * 2),
      picked: region(capacity * 4),
      scores: region(capacity * 4),
      bits: region(capacity * this.#bitBytes),
      rows: region(capacity * this.#rowBytes),
    }
    const memory = wasmMemory(Math.ceil(at / pageBytes))
    const kernel = kernelFor(this.#bitBytes, this.#rowBytes, memory, this.#kernel)
    return { ...regions, capacity, memory, kernel, bytes: new Uint8Array(memory.buffer) }
  }

  #grow(): void {
    const before = this.#store
    const next = this.#allocate(before.capacity * 2)
    const copy = (from: number, to: number, bytes: number): void =>
      next.bytes.set(before.bytes.subarray(from, from + bytes), to)
    copy(before.live, next.live, before.capacity)
    copy(before.bits, next.bits, before.capacity * this.#bitBytes)
    copy(before.rows, next.rows, before.capacity * this.#rowBytes)
    this.#store = next
  }
}

type Store = {
  capacity: number
  memory: WasmMemory
  kernel: Kernel
  bytes: Uint8Array
  query: number
  queryRow: number
  histogram: number
  live: number
  filter: number
  distances: number
  picked: number
  scores: number
  bits: number
  rows: number
}
