/** Chance for the core: seeded in simulation and replay, the system's source elsewhere. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** `size` bytes from the source; unpredictable where the source is. */
  bytes(size: number): Uint8Array
}
