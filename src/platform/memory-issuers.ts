import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type MemoryKeySource, memoryKey, memoryKeyFile } from './memory-key.ts'
import { type MemoryTokens, memoryTokens } from './memory-token.ts'
import { systemClock } from './system.ts'

/** Says whether a token was signed for the memory at an address. */
export type Signed = (token: string, address: string) => boolean

const ofThisProcess = new Set<MemoryTokens>()

/** A server of this process hands out tokens; the function returned ends that. */
export const handsOutTokens = (tokens: MemoryTokens): (() => void) => {
  ofThisProcess.add(tokens)
  return () => void ofThisProcess.delete(tokens)
}

/**
 * What an agent's service checks tokens with: the key that it shares with a server (given, or in the
 * folder of a store), and the servers of its own process. Makes no key: one that is missing now is
 * looked for again.
 */
export const signedBy = (source: MemoryKeySource): Signed => {
  let shared: MemoryTokens | undefined
  const find = (): MemoryTokens | undefined => {
    const { stores = {}, secret } = source
    const inFile = stores.kind !== 'memory' && existsSync(join(stores.directory ?? '.concord', memoryKeyFile))
    if (secret !== undefined || inFile) shared ??= memoryTokens(memoryKey(source), systemClock)
    return shared
  }
  return (token, address) =>
    [...ofThisProcess, find()].some((tokens) => tokens?.isFor(token, address) === true)
}
