import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, lstat, open, readFile, rename, unlink } from 'node:fs/promises'
import { ConcordError, isConcordError } from '../../domain/errors.ts'
import { checkedPath, kindOf, openedFolder, refused } from './confine.ts'
import { refuseProtected } from './protected.ts'

export type FileWritten = { path: string; bytes: number; created: boolean }

/**
 * Writes a whole file, so that a reader or a crash sees the old or the new one: a temporary file beside it, flushed,
 * then renamed. Without `replace` an existing file is kept, unless it has this very text already (a repeated call).
 */
export const writeWhole = async (
  root: string,
  path: string,
  text: string,
  { replace, allowProtected }: { replace: boolean; allowProtected: readonly string[] },
): Promise<FileWritten> => {
  const segments = checkedPath(path)
  const name = segments.at(-1)
  if (name === undefined) throw refused(path, 'a file needs a name', 'it has none', 'add one')
  // By name before folders are made for it, and by place once links are resolved.
  refuseProtected(segments, 'write', allowProtected)
  const folder = await openedFolder(root, segments.slice(0, -1), { make: true }).catch((error) => {
    throw isConcordError(error) ? error : failed(error)
  })
  const temporary = folder.at(`.${randomUUID()}.tmp`)
  try {
    refuseProtected([...folder.place, name], 'write', allowProtected)
    const target = folder.at(name)
    const existing = await lstat(target).catch((): Stats | undefined => undefined)
    if (existing && !existing.isFile())
      throw refused(path, 'only regular files are written', `it is a ${kindOf(existing)}`, 'use another name')
    await writeTemporary(temporary, text, existing)
    const created = replace
      ? await renamed(temporary, target, existing)
      : await linked(temporary, target, text)
    return { path: segments.join('/'), bytes: Buffer.byteLength(text), created }
  } finally {
    await unlink(temporary).catch(() => {})
    await folder.close()
  }
}

/** With the permissions of the file it replaces, but for execution: what an agent wrote is not a program. */
const writeTemporary = async (
  temporary: string,
  text: string,
  existing: Stats | undefined,
): Promise<void> => {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await open(temporary, flags, existing ? existing.mode & 0o666 : 0o644).catch((error) => {
    throw failed(error)
  })
  try {
    await write(handle, text)
  } finally {
    await handle.close()
  }
}

const write = async (handle: FileHandle, text: string): Promise<void> => {
  try {
    await handle.writeFile(text)
    await handle.sync()
  } catch (error) {
    throw failed(error)
  }
}

const renamed = async (temporary: string, target: string, existing: Stats | undefined): Promise<boolean> => {
  await rename(temporary, target).catch((error) => {
    throw failed(error)
  })
  return existing === undefined
}

const linked = async (temporary: string, target: string, text: string): Promise<boolean> => {
  try {
    await link(temporary, target)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw failed(error)
  }
  const same =
    (await lstat(target)).size === Buffer.byteLength(text) && (await readFile(target, 'utf8')) === text
  if (same) return false
  throw new ConcordError(
    'tool.failed',
    'Cannot write the file as it must not exist yet: it does; read it first, then set replace',
  )
}

const failed = (error: unknown): ConcordError =>
  new ConcordError(
    'tool.failed',
    `Cannot write the file as the file system must take it: ${error instanceof Error ? error.message.replace(/,.*/, '') : error}; check space and permissions`,
    { cause: error },
  )
