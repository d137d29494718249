/**
 * A very small WebAssembly assembler: the bytes of a module are written by code that can be read, at load, so that neither a
 * build step nor an opaque binary is needed. Encodings: WebAssembly Core Specification 2.0, section 5 (binary format) and its
 * SIMD instructions.
 */

/** Unsigned LEB128. */
const unsigned = (value: number): number[] => {
  const bytes: number[] = []
  let left = value >>> 0
  do {
    const byte = left & 0x7f
    left >>>= 7
    bytes.push(left === 0 ? byte : byte | 0x80)
  } while (left !== 0)
  return bytes
}

/** Signed LEB128 of 32 bits. */
const signed = (value: number): number[] => {
  const bytes: number[] = []
  let left = value | 0
  for (;;) {
    const byte = left & 0x7f
    left >>= 7
    if ((left === 0 && (byte & 0x40) === 0) || (left === -1 && (byte & 0x40) !== 0)) {
      bytes.push(byte)
      return bytes
    }
    bytes.push(byte | 0x80)
  }
}

const simd = (code: number, ...immediates: number[]): number[] => [0xfd, ...unsigned(code), ...immediates]
const memory = (alignPower: number, offset: number): number[] => [alignPower, ...unsigned(offset)]

/** Instructions by the names of the specification; a program is their concatenation. */
export const op = {
  get: (local: number) => [0x20, ...unsigned(local)],
  set: (local: number) => [0x21, ...unsigned(local)],
  tee: (local: number) => [0x22, ...unsigned(local)],
  const: (value: number) => [0x41, ...signed(value)],
  add: [0x6a],
  multiply: [0x6c],
  and: [0x71],
  shiftLeft: [0x74],
  shiftRight: [0x76],
  lessUnsigned: [0x49],
  equalZero: [0x45],
  load: (offset = 0) => [0x28, ...memory(2, offset)],
  load8: (offset = 0) => [0x2d, ...memory(0, offset)],
  store: (offset = 0) => [0x36, ...memory(2, offset)],
  store16: (offset = 0) => [0x3b, ...memory(1, offset)],
  /** Repeats while the body ends in `continueIf`. */
  loop: (...body: number[][]) => [0x03, 0x40, ...body.flat(), 0x0b],
  /** Skips the rest of the block. */
  block: (...body: number[][]) => [0x02, 0x40, ...body.flat(), 0x0b],
  if: (then: number[][], otherwise: number[][]) => [
    0x04,
    0x40,
    ...then.flat(),
    0x05,
    ...otherwise.flat(),
    0x0b,
  ],
  branchIf: (depth: number) => [0x0d, ...unsigned(depth)],
  v128Load: (offset = 0) => simd(0, ...memory(4, offset)),
  v128Xor: simd(81),
  i8x16Popcount: simd(98),
  i8x16Add: simd(110),
  i16x8ExtendAddPairwiseU8: simd(125),
  i32x4ExtendAddPairwiseU16: simd(127),
  i32x4Add: simd(174),
  i32x4DotI16: simd(186),
  i32x4ExtractLane: (lane: number) => simd(27, lane),
  v128Zero: simd(12, ...new Array<number>(16).fill(0)),
} as const

export type WasmFunction = {
  name: string
  /** Count of i32 parameters; there is no result. */
  parameters: number
  /** Further locals, after the parameters: first i32, then v128. */
  i32: number
  v128: number
  body: readonly (readonly number[])[]
}

const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
]
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
]
const name = (text: string): number[] => [...unsigned(text.length), ...new TextEncoder().encode(text)]

const code = ({ i32, v128, body }: WasmFunction): number[] => {
  const locals = vector([
    ...(i32 > 0 ? [[...unsigned(i32), 0x7f]] : []),
    ...(v128 > 0 ? [[...unsigned(v128), 0x7b]] : []),
  ])
  const bytes = [...locals, ...body.flat(), 0x0b]
  return [...unsigned(bytes.length), ...bytes]
}

/** A module that imports `env.memory` and exports the functions. */
export const wasmModule = (functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      vector(functions.map(({ parameters }) => [0x60, ...vector(Array(parameters).fill([0x7f])), 0x00])),
    ),
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map((each, index) => [...name(each.name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(functions.map(code))),
  ])
