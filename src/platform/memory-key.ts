import { createHash, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConcordError } from '../domain/errors.ts'
import type { StoresConfig } from './config.ts'

const charsMin = 32
export const memoryKeyFile = 'memory.key'

export type MemoryKeySource = {
  stores?: StoresConfig | undefined
  /** A secret given by config or environment; then nothing is written. */
  secret?: string | undefined
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const unusable = (file: string, cause: unknown): ConcordError =>
  new ConcordError(
    'config.invalid',
    `Cannot keep the key of memory tokens in ${file} as it must be readable and writable: ${cause instanceof Error ? cause.message : cause}; mend that, or set CONCORD_MEMORY_KEY`,
    { cause },
  )

const fromText = (text: string, source: string): Uint8Array => {
  if (text.length < charsMin)
    throw new ConcordError(
      'config.invalid',
      `Cannot sign memory tokens with ${source} as a key has at least ${charsMin} characters: it has ${text.length}; make one with "openssl rand -base64 32"`,
    )
  return createHash('sha256').update(text).digest()
}

/** Written beside and linked into place: of processes that make one at once all read the same, and none reads half of one. */
const makeFile = (directory: string, file: string): void => {
  const own = join(directory, `.${memoryKeyFile}.${process.pid}.${randomBytes(6).toString('hex')}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeFileSync(own, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(own, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    unlinkSync(own)
  }
}

const fromFile = (directory: string): Uint8Array => {
  const file = join(directory, memoryKeyFile)
  const read = () => fromText(readFileSync(file, 'utf8').trim(), file)
  try {
    return read()
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error instanceof ConcordError ? error : unusable(file, error)
  }
  try {
    makeFile(directory, file)
    return read()
  } catch (error) {
    throw error instanceof ConcordError ? error : unusable(file, error)
  }
}

/**
 * The key that memory tokens are signed with: one a store, so that every process of it takes what another handed out. In `memory.key` of the store's folder
 * (mode 0600) unless given; of a store in memory it is gone with the process. Throws `config.invalid`.
 */
export const memoryKey = ({ stores = {}, secret }: MemoryKeySource): (() => Uint8Array) => {
  let key: Uint8Array | undefined
  const make = (): Uint8Array => {
    if (secret !== undefined) return fromText(secret, 'the key given (CONCORD_MEMORY_KEY, server.memoryKey)')
    return stores.kind === 'memory' ? randomBytes(32) : fromFile(stores.directory ?? '.concord')
  }
  return () => {
    key ??= make()
    return key
  }
}
