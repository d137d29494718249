import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  unlink,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import { checkedPath, inside, isUnder, kindOf, realRootOf, refused } from './confine.ts'

export type FileWritten = { path: string; bytes: number; created: boolean }

/**
 * Writes a whole file, so that a reader or a crash sees the old or the new one: a temporary file beside it, flushed,
 * then renamed. Without `replace` an existing file is kept, unless it has this very text already (a repeated call).
 */
export const writeWhole = async (
  root: string,
  path: string,
  text: string,
  replace: boolean,
): Promise<FileWritten> => {
  const segments = checkedPath(path)
  const name = segments.at(-1)
  if (name === undefined) throw refused(path, 'a file needs a name', 'it has none', 'add one')
  const folder = await madeFolder(root, segments.slice(0, -1))
  const target = join(folder, name)
  const existing = await lstat(target).catch((): Stats | undefined => undefined)
  if (existing && !existing.isFile())
    throw refused(path, 'only regular files are written', `it is a ${kindOf(existing)}`, 'use another name')
  const temporary = join(folder, `.${randomUUID()}.tmp`)
  try {
    await writeTemporary(root, temporary, text, existing)
    const created = replace
      ? await renamed(temporary, target, existing)
      : await linked(temporary, target, text)
    return { path: segments.join('/'), bytes: Buffer.byteLength(text), created }
  } finally {
    await unlink(temporary).catch(() => {})
  }
}

/** Each folder on the way is resolved before the next is made in it: a link cannot make folders outside. */
const madeFolder = async (root: string, segments: string[]): Promise<string> => {
  let folder = await realRootOf(root)
  for (let depth = 1; depth <= segments.length; depth += 1) {
    await mkdir(join(folder, segments[depth - 1]!)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw failed(error)
    })
    folder = await inside(root, segments.slice(0, depth).join('/'))
    const found = await lstat(folder)
    if (!found.isDirectory())
      throw refused(
        segments.join('/'),
        'files are kept in folders',
        `a part is a ${kindOf(found)}`,
        'use another',
      )
  }
  return folder
}

const writeTemporary = async (
  root: string,
  temporary: string,
  text: string,
  existing: Stats | undefined,
): Promise<void> => {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await open(temporary, flags, existing ? existing.mode & 0o777 : 0o644).catch((error) => {
    throw failed(error)
  })
  try {
    // The folder may have been exchanged for a link since it was resolved: nothing is written until it is seen again.
    const real = await realpath(dirname(temporary))
    if (real !== dirname(temporary) || !isUnder(await realRootOf(root), real))
      throw refused(basename(temporary), 'a folder must not change places', 'it did', 'try again')
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
