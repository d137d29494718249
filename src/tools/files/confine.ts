import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readlink, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import { cut } from '../../domain/text/cut.ts'

/**
 * Keeps a model's paths under a root:
 * 1. A path is relative, with forward slashes, without `..`, NUL, backslash or drive letter (`checkedPath`).
 * 2. What it resolves to, links followed, is under the root's own real path (`inside`).
 * 3. What counts is where the OPEN file or folder lies, not where its path led before or leads after (`placeOf`):
 *    links and folders may be swapped at any time. On Linux the system is asked; elsewhere the path is resolved
 *    again and must lead to the same inode, which a swap back and forth can deceive.
 * 4. Folders are held open while entries of them are read, made, written and renamed (`openedFolder`).
 */
const pathCharactersMax = 4096

export const refused = (path: string, rule: string, now: string, wayOut: string): ConcordError =>
  new ConcordError('tool.forbidden', `Cannot use the path as ${rule}: ${now}; ${wayOut}`, {
    details: { path: cut(path, 200) },
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

/** Where an open file really is; undefined where the system does not tell (it does on Linux). */
const pathOf = (handle: FileHandle): Promise<string | undefined> =>
  readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined)

/** Segments below the root of what is open; refused when it lies outside. */
const placeOf = async (realRoot: string, handle: FileHandle, path: string): Promise<string[]> => {
  const real = await pathOf(handle)
  if (real !== undefined) {
    if (isUnder(realRoot, real)) return segmentsBelow(realRoot, real)
    throw refused(path, 'paths stay under the root', 'what was opened lies outside', 'use another')
  }
  // Elsewhere: the path still leads to the very file that is open.
  const again = await inside(realRoot, path)
  const [opened, found] = [await handle.stat(), await stat(again)]
  if (opened.dev === found.dev && opened.ino === found.ino) return segmentsBelow(realRoot, again)
  throw refused(path, 'a file must not change places while it is opened', 'it did', 'try again')
}

export const segmentsBelow = (root: string, real: string): string[] =>
  relative(root, real).split(sep).filter(Boolean)

/** An open regular file under the root, and its segments below it; the caller closes it. */
export const openedFile = async (
  root: string,
  path: string,
): Promise<{ handle: FileHandle; place: string[] }> => {
  const real = await inside(root, path)
  const before = await lstat(real)
  if (!before.isFile())
    throw refused(path, 'only regular files are read', `it is a ${kindOf(before)}`, 'use another')
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error) => {
      throw codeOf(error) === 'ELOOP' || codeOf(error) === 'ENOENT' ? movedAway(path) : error
    },
  )
  try {
    if (!(await handle.stat()).isFile()) throw movedAway(path)
    return { handle, place: await placeOf(await realRootOf(root), handle, path) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const movedAway = (path: string): ConcordError =>
  refused(path, 'a file must not change places while it is opened', 'it did', 'try again')

/** A folder that is held open: names in it mean entries of this very folder, whatever happens to its path. */
export type OpenFolder = {
  /** A path of an entry, for calls of the file system. */
  at(name: string): string
  /** Its segments below the root. */
  place: string[]
  close(): Promise<void>
}

/** A folder under the root, by its segments; with `make` those that are missing are made. The caller closes it. */
export const openedFolder = async (
  root: string,
  segments: readonly string[],
  { make = false }: { make?: boolean } = {},
): Promise<OpenFolder> => {
  const realRoot = await realRootOf(root)
  let folder = await openFolderAt(realRoot, realRoot, '')
  for (const [index, segment] of segments.entries()) {
    const parent = folder
    const path = segments.slice(0, index + 1).join('/')
    try {
      if (make) await mkdir(parent.at(segment)).catch(unlessThere)
      folder = await openFolderAt(realRoot, parent.at(segment), path)
    } finally {
      await parent.close()
    }
  }
  return folder
}

const unlessThere = (error: unknown): void => {
  if (codeOf(error) !== 'EEXIST') throw error
}

const openFolderAt = async (realRoot: string, at: string, path: string): Promise<OpenFolder> => {
  const handle = await open(at, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK).catch(
    (error) => {
      if (codeOf(error) === 'ENOENT') throw notFound(path)
      if (codeOf(error) === 'ELOOP')
        throw refused(path, 'links must end somewhere', 'they form a loop', 'use another')
      if (codeOf(error) === 'ENOTDIR')
        throw refused(path, 'files are kept in folders', 'a part is no folder', 'use another')
      throw error
    },
  )
  try {
    const place = await placeOf(realRoot, handle, path)
    const byHandle = (await pathOf(handle)) !== undefined
    const base = byHandle ? `/proc/self/fd/${handle.fd}` : join(realRoot, ...place)
    return { place, at: (name) => (name === '' ? base : `${base}/${name}`), close: () => handle.close() }
  } catch (error) {
    await handle.close()
    throw error
  }
}
