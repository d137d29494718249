import { chmodSync, closeSync, openSync } from 'node:fs'
import { chmod, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Told what could not be kept from others. */
export type Warn = (message: string) => void

export const fileMode = 0o600
export const folderMode = 0o700

const beside = ['', '-wal', '-shm', '-journal']
/** What Concord itself puts into the folder of its stores. */
const ownName =
  /^(concord|knowledge)\.db(-wal|-shm|-journal|\.ring)?$|^(memory|audit)\.(key|pub)$|^restoring-/

/** A folder that holds something else may be there for others, too: its files are closed, not the folder. */
const isStoreFolder = async (folder: string): Promise<boolean> =>
  basename(folder) === '.concord' || (await readdir(folder)).every((name) => ownName.test(name))

/** False where it is not this user's to close. */
const close = async (path: string, mode: number): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || (found.mode & 0o077) === 0) return true
  return chmod(path, mode).then(
    () => true,
    () => false,
  )
}

/**
 * Makes a new database file that only its owner may read, before SQLite would make it with the
 * process's umask; SQLite gives the files beside it the same rights. In one turn of the event loop:
 * closing a descriptor drops the locks that this process's connections have on the file by then.
 */
export const makePrivate = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', fileMode))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw error
  }
  chmodSync(file, fileMode)
}

/** Takes from others what they may do with a store that was made by an older version, or under another umask. */
export const tighten = async (file: string, warn: Warn = () => undefined): Promise<void> => {
  // Elsewhere modes mean nothing.
  if (process.getuid === undefined) return
  const folder = dirname(file)
  const open: string[] = []
  for (const path of beside.map((end) => `${file}${end}`)) if (!(await close(path, fileMode))) open.push(path)
  if ((await isStoreFolder(folder).catch(() => false)) && !(await close(folder, folderMode)))
    open.push(folder)
  if (open.length > 0)
    warn(
      `other users of this machine may read the store: ${open.join(', ')} belong to somebody else; let their owner run "chmod go= ${join(folder, basename(file))}*"`,
    )
}
