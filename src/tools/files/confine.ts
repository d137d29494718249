import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'

/**
 * Keeps a model's paths under a root:
 * 1. A path is relative, with forward slashes, without `..`, NUL, backslash or drive letter (`checkedPath`).
 * 2. What it resolves to, links followed, is under the root's own real path (`inside`).
 * 3. What is opened is a regular file and still the one that was resolved (`openedFile`), so that a directory or link
 *    exchanged in between is noticed before a byte is read; opening does not wait for the other end of a FIFO.
 */
const pathCharactersMax = 4096

export const refused = (path: string, rule: string, now: string, wayOut: string): ConcordError =>
  new ConcordError('tool.forbidden', `Cannot use the path as ${rule}: ${now}; ${wayOut}`, {
    details: { path: path.slice(0, 200) },
  })

export const notFound = (path: string, wayOut = 'list the folder to see what there is'): ConcordError =>
  new ConcordError(
    'tool.failed',
    `Cannot use the path as it must exist: ${JSON.stringify(path.slice(0, 200))} does not; ${wayOut}`,
  )

/** The segments of a path, which mean the same on every system. */
export const checkedPath = (path: string): string[] => {
  const wayOut = 'write a path relative to the root, such as folder/file.txt'
  if (path.length > pathCharactersMax)
    throw refused(path, `paths are bounded to ${pathCharactersMax} characters`, `${path.length}`, wayOut)
  if (path.includes('\0')) throw refused(path, 'paths have no NUL', 'it has one', wayOut)
  if (path.includes('\\')) throw refused(path, 'segments are separated by /', 'it has a backslash', wayOut)
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    throw refused(path, 'paths are relative to the root', 'it is absolute', wayOut)
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw refused(path, 'paths stay under the root', 'it has ..', wayOut)
  return segments
}

export const isUnder = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** The real path of something that exists, refused when links lead out of the root. */
export const inside = async (root: string, path: string): Promise<string> => {
  const segments = checkedPath(path)
  const realRoot = await realRootOf(root)
  let real: string
  try {
    real = await realpath(join(realRoot, ...segments))
  } catch (error) {
    if (codeOf(error) === 'ELOOP')
      throw refused(path, 'links must end somewhere', 'they form a loop', 'use another')
    throw notFound(path)
  }
  if (!isUnder(realRoot, real))
    throw refused(path, 'paths stay under the root', 'a link leads out', 'use another')
  return real
}

export const realRootOf = async (root: string): Promise<string> => {
  try {
    const real = await realpath(root)
    if ((await stat(real)).isDirectory()) return real
  } catch {}
  throw new ConcordError(
    'tool.failed',
    'Cannot use the files as their root must be a folder: it is not; create it',
  )
}

export const kindOf = (stats: Stats): 'file' | 'folder' | 'link' | 'other' =>
  stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other'

/** An open regular file under the root; the caller closes it. */
export const openedFile = async (root: string, path: string): Promise<FileHandle> => {
  const real = await inside(root, path)
  const before = await lstat(real)
  if (!before.isFile())
    throw refused(path, 'only regular files are read', `it is a ${kindOf(before)}`, 'use another')
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const [opened, again] = [await handle.stat(), await stat(await inside(root, path))]
    if (!opened.isFile() || opened.dev !== again.dev || opened.ino !== again.ino)
      throw refused(path, 'a file must not change places while it is opened', 'it did', 'try again')
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}
