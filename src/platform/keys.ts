import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConcordError } from '../domain/errors.ts'
import type { Keys, NamedKey, PublicKey, Signer } from '../ports/keys.ts'

export type KeyFiles = {
  /** PEM (PKCS 8), or the file that holds it. */
  privateKey: string
  /** PEM (SPKI), the file that holds it, or a folder of such; default the private key's other half. */
  publicKeys?: readonly string[]
}

const isPem = (text: string): boolean => text.trimStart().startsWith('-----BEGIN')

const spki = (key: KeyObject): PublicKey =>
  (key.type === 'private' ? createPublicKey(key) : key)
    .export({ type: 'spki', format: 'der' })
    .toString('base64')

const unreadable = (source: string, problem: string, cause?: unknown): ConcordError =>
  new ConcordError(
    'config.invalid',
    `Cannot use ${source} as an audit key is Ed25519 in PEM: ${problem}; make one with "concord audit key --out <file>"`,
    cause === undefined ? {} : { cause },
  )

/** A key given as PEM or as the file that holds it; undefined when there is no such file. */
const load = async (given: string, read: (pem: string) => KeyObject): Promise<KeyObject | undefined> => {
  const source = isPem(given) ? 'the key given' : given
  if (!isPem(given) && !existsSync(given)) return undefined
  let key: KeyObject
  try {
    key = read(isPem(given) ? given : await readFile(given, 'utf8'))
  } catch (cause) {
    throw unreadable(source, cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unreadable(source, `it is ${key.asymmetricKeyType}`)
  return key
}

/** The public key in a PEM text or file (a private key gives its other half). Throws `config.invalid`. */
export const readPublicKey = async (given: string): Promise<PublicKey> => {
  const key = await load(given, createPublicKey)
  if (key === undefined) throw unreadable(given, 'there is no such file')
  return spki(key)
}

const keyFile = /\.(pub|pem)$/

/**
 * Public keys in PEM texts, files, or folders (every `*.pub` and `*.pem` in it), as they were given and each once: those that have signed over the years. Throws
 * `config.invalid`.
 */
export const readPublicKeys = async (given: readonly string[]): Promise<NamedKey[]> => {
  const keys: NamedKey[] = []
  for (const source of given) {
    const isFolder = !isPem(source) && existsSync(source) && statSync(source).isDirectory()
    const files = isFolder ? (await readdir(source)).filter((name) => keyFile.test(name)).sort() : undefined
    if (files?.length === 0) throw unreadable(source, 'the folder has no *.pub or *.pem')
    for (const file of files?.map((name) => join(source, name)) ?? [source]) {
      const key = await readPublicKey(file)
      const name = isPem(file) ? 'the key given' : file
      if (!keys.some((known) => known.key === key)) keys.push({ key, name })
    }
  }
  return keys
}

/** Writes a new private key, for its owner's eyes only, and its public key to `{file}.pub`. Throws `input.invalid` when one of them exists or cannot be written. */
export const makeKey = async (file: string): Promise<void> => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const write = async (path: string, text: string | Buffer, mode: number) => {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFile(path, text, { mode, flag: 'wx' })
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      const now = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST' ? 'it exists' : message
      throw new ConcordError(
        'input.invalid',
        `Cannot write a key to ${path} as it must be a new file: ${now}; choose another`,
        { cause },
      )
    }
  }
  await write(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  try {
    await write(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), 0o644)
  } catch (error) {
    // Half a pair is of no use, and would stand in the way of the next try.
    await rm(file, { force: true })
    throw error
  }
}

/** Ed25519 keys in files or environment variables. */
export const fileKeys = (files: KeyFiles): Keys => {
  const privateKey = () => load(files.privateKey, createPrivateKey)
  return {
    place: isPem(files.privateKey) ? 'the key given' : files.privateKey,
    async signer(): Promise<Signer | undefined> {
      const key = await privateKey()
      return key && { publicKey: spki(key), sign: (message) => sign(null, message, key) }
    },
    async publicKeys() {
      if (files.publicKeys !== undefined) return readPublicKeys(files.publicKeys)
      const key = await privateKey()
      const name = isPem(files.privateKey) ? 'the key given' : files.privateKey
      return key === undefined ? [] : [{ key: spki(key), name }]
    },
    verify(key, message, signature) {
      try {
        const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' })
        return publicKey.asymmetricKeyType === 'ed25519' && verify(null, message, publicKey, signature)
      } catch {
        return false
      }
    },
  }
}
