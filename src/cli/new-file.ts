import { statSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { ConcordError } from '../domain/errors.ts'
import { visible } from '../domain/visible.ts'

export type NewFile = { write(text: string): Promise<void> }

const bufferedCharsMax = 64 * 1024

const reasons: { [code: string]: string } = {
  EEXIST: 'it exists',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'the folder may not be written to',
  EPERM: 'the folder may not be written to',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
}

const unwritable = (path: string, option: string, cause: unknown): ConcordError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const now = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return new ConcordError(
    'input.invalid',
    `Cannot write ${path} as it must be a new file with room on its disk: ${now}; choose another ${option}`,
    { cause },
  )
}

/** A pipe or a terminal is written to though it is there. */
const isDevice = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

/**
 * Makes a file before the work whose result goes into it, so that a wrong name costs no work; gone again when the work or the writing fails. Throws
 * `input.invalid` for what cannot be written.
 */
export const inNewFile = async <T>(
  path: string,
  work: (file: NewFile) => Promise<T>,
  option = '--out',
): Promise<T> => {
  const refused = (cause: unknown) => unwritable(path, option, cause)
  let device = false
  const file = await (async () => {
    device = isDevice(path)
    return device ? open(path, 'w') : open(path, 'wx', 0o600)
  })().catch((cause) => Promise.reject(refused(cause)))
  let buffered = ''
  const flush = async () => {
    const text = buffered
    buffered = ''
    if (text !== '') await file.writeFile(text).catch((cause) => Promise.reject(refused(cause)))
  }
  try {
    const result = await work({
      async write(text) {
        // Whoever prints the file has a terminal too; JSON stays the same JSON.
        buffered += visible(text)
        if (buffered.length > bufferedCharsMax) await flush()
      },
    })
    await flush()
    return result
  } catch (error) {
    if (!device) await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}
