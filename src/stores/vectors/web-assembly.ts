export type WasmMemory = { readonly buffer: ArrayBuffer }

/** The part of the engine's WebAssembly that is used here; Node's types do not declare it. */
type WebAssemblyApi = {
  Memory: new (descriptor: { initial: number }) => WasmMemory
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

const { WebAssembly } = globalThis as typeof globalThis & { WebAssembly?: WebAssemblyApi }

/** Undefined where the engine has none (or was started with `--jitless`). */
export const webAssembly = WebAssembly

/** Zeroed memory of so many pages of 64 KiB. */
export const wasmMemory = (pages: number): WasmMemory =>
  webAssembly === undefined
    ? { buffer: new ArrayBuffer(pages * 65_536) }
    : new webAssembly.Memory({ initial: pages })
