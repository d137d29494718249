import { op, type WasmFunction, wasmModule } from './wasm-assembler.ts'
import { type WasmMemory, webAssembly } from './web-assembly.ts'

/**
 * The two loops of vector search over one memory. `scan(bits, query, allowed, distances, histogram, count)`: the Hamming distance
 * of every vector's signs to the query's, written as u16 and counted in a u32 histogram; a vector whose bit in `allowed` (one byte a
 * vector, 0 or 1) is 0 gets 0xffff and is not counted. `score(rows, query, picked, scores, count)`: i32 dot products of i16 rows
 * at the picked indices.
 */
export type Kernel = {
  readonly kind: 'wasm' | 'plain'
  scan(
    bits: number,
    query: number,
    allowed: number,
    distances: number,
    histogram: number,
    count: number,
  ): void
  score(rows: number, query: number, picked: number, scores: number, count: number): void
}

const laneBytes = 16
export const refused = 0xffff

const sumLanes = (vector: number): number[][] => [
  [...op.get(vector), ...op.i32x4ExtractLane(0)],
  [...op.get(vector), ...op.i32x4ExtractLane(1)],
  [...op.add],
  [...op.get(vector), ...op.i32x4ExtractLane(2)],
  [...op.add],
  [...op.get(vector), ...op.i32x4ExtractLane(3)],
  [...op.add],
]

/** The bytes of one popcount stay below 256 for this many lanes added. */
const lanesPerSum = 31

/** Hamming distance of `lanes` times 16 bytes at local `row` to those in the query locals or memory, unrolled; leaves an i32. */
const distance = (lanes: number, row: number, query: number, sum: number, total: number): number[][] => {
  const parts: number[][] = [[...op.v128Zero, ...op.set(total)]]
  for (let from = 0; from < lanes; from += lanesPerSum) {
    const to = Math.min(lanes, from + lanesPerSum)
    for (let lane = from; lane < to; lane++) {
      parts.push([
        ...op.get(row),
        ...op.v128Load(lane * laneBytes),
        ...op.get(query),
        ...op.v128Load(lane * laneBytes),
        ...op.v128Xor,
        ...op.i8x16Popcount,
        ...(lane === from ? [] : [...op.get(sum), ...op.i8x16Add]),
        ...op.set(sum),
      ])
    }
    parts.push([
      ...op.get(sum),
      ...op.i16x8ExtendAddPairwiseU8,
      ...op.i32x4ExtendAddPairwiseU16,
      ...op.get(total),
      ...op.i32x4Add,
      ...op.set(total),
    ])
  }
  return [...parts, ...sumLanes(total)]
}

const scanFunction = (lanes: number): WasmFunction => {
  const [bits, query, allowed, distances, histogram, count] = [0, 1, 2, 3, 4, 5] as const
  const [index, found, slot] = [6, 7, 8] as const
  const [sum, total] = [9, 10] as const
  return {
    name: 'scan',
    parameters: 6,
    i32: 3,
    v128: 2,
    body: [
      op.block(
        [...op.get(count), ...op.equalZero, ...op.branchIf(0)],
        op.loop(
          op.get(allowed),
          op.load8(),
          op.if(
            [
              ...distance(lanes, bits, query, sum, total),
              [...op.set(found)],
              [...op.get(histogram), ...op.get(found), ...op.const(2), ...op.shiftLeft, ...op.add],
              [...op.tee(slot), ...op.get(slot), ...op.load(), ...op.const(1), ...op.add, ...op.store()],
              [...op.get(distances), ...op.get(found), ...op.store16()],
            ],
            [[...op.get(distances), ...op.const(refused), ...op.store16()]],
          ),
          [...op.get(bits), ...op.const(lanes * laneBytes), ...op.add, ...op.set(bits)],
          [...op.get(distances), ...op.const(2), ...op.add, ...op.set(distances)],
          [...op.get(allowed), ...op.const(1), ...op.add, ...op.set(allowed)],
          [...op.get(index), ...op.const(1), ...op.add, ...op.tee(index)],
          [...op.get(count), ...op.lessUnsigned, ...op.branchIf(0)],
        ),
      ),
    ],
  }
}

const scoreFunction = (rowBytes: number): WasmFunction => {
  const [rows, query, picked, scores, count] = [0, 1, 2, 3, 4] as const
  const [index, row, offset] = [5, 6, 7] as const
  const total = 8
  return {
    name: 'score',
    parameters: 5,
    i32: 3,
    v128: 1,
    body: [
      op.block(
        [...op.get(count), ...op.equalZero, ...op.branchIf(0)],
        op.loop(
          [...op.get(picked), ...op.load(), ...op.const(rowBytes), ...op.multiply],
          [...op.get(rows), ...op.add, ...op.set(row)],
          [...op.v128Zero, ...op.set(total), ...op.const(0), ...op.set(offset)],
          op.loop(
            [...op.get(row), ...op.get(offset), ...op.add, ...op.v128Load()],
            [...op.get(query), ...op.get(offset), ...op.add, ...op.v128Load()],
            [...op.i32x4DotI16, ...op.get(total), ...op.i32x4Add, ...op.set(total)],
            [...op.get(offset), ...op.const(laneBytes), ...op.add, ...op.tee(offset)],
            [...op.const(rowBytes), ...op.lessUnsigned, ...op.branchIf(0)],
          ),
          op.get(scores),
          ...sumLanes(total),
          op.store(),
          [...op.get(picked), ...op.const(4), ...op.add, ...op.set(picked)],
          [...op.get(scores), ...op.const(4), ...op.add, ...op.set(scores)],
          [...op.get(index), ...op.const(1), ...op.add, ...op.tee(index)],
          [...op.get(count), ...op.lessUnsigned, ...op.branchIf(0)],
        ),
      ),
    ],
  }
}

const modules = new Map<string, object>()

type Exports = Pick<Kernel, 'scan' | 'score'>

const wasmKernel = (bitBytes: number, rowBytes: number, memory: WasmMemory): Kernel => {
  if (webAssembly === undefined) return plainKernel(bitBytes, rowBytes, memory)
  const key = `${bitBytes}/${rowBytes}`
  const module =
    modules.get(key) ??
    new webAssembly.Module(wasmModule([scanFunction(bitBytes / laneBytes), scoreFunction(rowBytes)]))
  modules.set(key, module)
  const { scan, score } = new webAssembly.Instance(module, { env: { memory } }).exports as Exports
  return { kind: 'wasm', scan, score }
}

const popcount32 = (value: number): number => {
  let v = value - ((value >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** The same in plain JavaScript, for engines without SIMD and to check the other against. */
export const plainKernel = (bitBytes: number, rowBytes: number, memory: WasmMemory): Kernel => ({
  kind: 'plain',
  scan(bits, query, allowed, distances, histogram, count) {
    const words = bitBytes / 4
    const all = new Int32Array(memory.buffer, bits, words * count)
    const wanted = new Int32Array(memory.buffer, query, words)
    const allow = new Uint8Array(memory.buffer, allowed, count)
    const out = new Uint16Array(memory.buffer, distances, count)
    const counts = new Uint32Array(memory.buffer, histogram, bitBytes * 8 + 1)
    for (let i = 0; i < count; i++) {
      if (allow[i] === 0) {
        out[i] = refused
        continue
      }
      let found = 0
      for (let word = 0, at = i * words; word < words; word++, at++)
        found += popcount32(all[at]! ^ wanted[word]!)
      out[i] = found
      counts[found]! += 1
    }
  },
  score(rows, query, picked, scores, count) {
    const length = rowBytes / 2
    const wanted = new Int16Array(memory.buffer, query, length)
    const indices = new Uint32Array(memory.buffer, picked, count)
    const out = new Int32Array(memory.buffer, scores, count)
    for (let i = 0; i < count; i++) {
      const row = new Int16Array(memory.buffer, rows + indices[i]! * rowBytes, length)
      let sum = 0
      for (let at = 0; at < length; at++) sum += row[at]! * wanted[at]!
      out[i] = sum
    }
  },
})

/** `bitBytes` and `rowBytes` are multiples of 16. WebAssembly where the engine has SIMD, else plain JavaScript. */
export const kernelFor = (
  bitBytes: number,
  rowBytes: number,
  memory: WasmMemory,
  kind: 'wasm' | 'plain' = 'wasm',
): Kernel => {
  if (kind === 'plain') return plainKernel(bitBytes, rowBytes, memory)
  try {
    return wasmKernel(bitBytes, rowBytes, memory)
  } catch {
    return plainKernel(bitBytes, rowBytes, memory)
  }
}
