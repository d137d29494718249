import type { Dir, Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { ConcordError } from '../../domain/errors.ts'
import { checkedPath, inside, kindOf, type OpenFolder, openedFolder } from './confine.ts'

export type FileEntry = { path: string; kind: 'file' | 'folder' | 'link' | 'other'; bytes: number }
export type FileList = { entries: FileEntry[]; truncated: boolean }

/** The entries of a folder in order of their paths, links named but not followed. Breadth first under `recursive`. */
export const listed = async (
  root: string,
  path: string,
  recursive: boolean,
  entriesMax: number,
  signal: AbortSignal,
): Promise<FileList> => {
  const start = checkedPath(path)
  await mustBeFolder(root, path)
  const entries: FileEntry[] = []
  const folders: string[][] = [start]
  for (let segments = folders.shift(); segments; segments = folders.shift()) {
    const folder = await openedFolder(root, segments).catch((): OpenFolder | undefined => undefined)
    if (folder === undefined) continue
    try {
      const names = await namesOf(folder.at(''), entriesMax + 1 - entries.length, signal)
      for (const name of names) {
        const stats = await lstat(folder.at(name)).catch((): Stats | undefined => undefined)
        if (!stats) continue
        if (entries.length >= entriesMax) return { entries, truncated: true }
        const below = [...segments, name]
        const bytes = stats.isFile() ? stats.size : 0
        entries.push({ path: below.join('/'), kind: kindOf(stats), bytes })
        if (recursive && stats.isDirectory()) folders.push(below)
      }
    } finally {
      await folder.close()
    }
  }
  return { entries, truncated: false }
}

const mustBeFolder = async (root: string, path: string): Promise<void> => {
  if ((await lstat(await inside(root, path))).isDirectory()) return
  throw new ConcordError(
    'tool.input-invalid',
    `Cannot list the path as it must be a folder: it is not; read it`,
  )
}

/** Sorted; a folder that vanishes or may not be read is empty. */
const namesOf = async (folder: string, most: number, signal: AbortSignal): Promise<string[]> => {
  const names: string[] = []
  const open = await opendir(folder).catch((): Dir | undefined => undefined)
  if (!open) return names
  for await (const { name } of open) {
    signal.throwIfAborted()
    names.push(name)
    if (names.length >= most) break
  }
  return names.sort()
}
