import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { lostError } from './file-guard.ts'
import { folderFor, isOwn } from './ring.ts'

/** Which file a path names: the inode, as text that sorts and has one length. */
const inodeOf = (file: string): string | undefined => {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined || found.size === 0n ? undefined : found.ino.toString(36).padStart(13, '0')
}

/** What a process is called in the ring: it says which file it has open, so that others see when it is another. */
export const memberName = (file: string, id: string): string => `${inodeOf(file) ?? ''}-${id}`

const answerMs = 1000

const lives = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path)
    const end = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.setTimeout(answerMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })

/**
 * Throws `store.lost` where a process that lives uses another file than the one its path names now: one
 * that was deleted or replaced. A store made there beside it would be a second one.
 */
export const checkStoreInPlace = async (file: string): Promise<void> => {
  const folder = folderFor(file, memberName(file, '0'.repeat(16)).padStart(30, '0'))
  const names = await readdir(folder).catch((): string[] => [])
  if (names.length === 0 || !(await isOwn(folder).catch(() => false))) return
  // First who is there, then which file: a process that is just making the store is not there yet.
  const members = names.filter((name) => /^[0-9a-z]+-[0-9a-f]+\.sock$/.test(name))
  const living = await Promise.all(
    members.map(async (name) => ((await lives(join(folder, name))) ? name.split('-')[0] : undefined)),
  )
  const now = inodeOf(file)
  if (living.every((inode) => inode === undefined || inode === now)) return
  throw lostError(
    file,
    now === undefined
      ? 'it was deleted, and a process still has it open'
      : 'a process still has another one open, which this one replaced',
  )
}
