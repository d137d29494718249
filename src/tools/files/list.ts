import type { Dir, Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import { checkedPath, inside, kindOf } from './confine.ts'

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
  const start = await inside(root, path)
  if (!(await lstat(start)).isDirectory())
    throw new ConcordError(
      'tool.input-invalid',
      `Cannot list the path as it must be a folder: it is not; read it`,
    )
  const entries: FileEntry[] = []
  const folders: { real: string; shown: string }[] = [{ real: start, shown: checkedPath(path).join('/') }]
  for (let folder = folders.shift(); folder; folder = folders.shift()) {
    const names = await namesOf(folder.real, entriesMax + 1 - entries.length, signal)
    for (const name of names) {
      const stats = await lstat(join(folder.real, name)).catch((): Stats | undefined => undefined)
      if (!stats) continue
      if (entries.length >= entriesMax) return { entries, truncated: true }
      const shown = folder.shown === '' ? name : `${folder.shown}/${name}`
      entries.push({ path: shown, kind: kindOf(stats), bytes: stats.isFile() ? stats.size : 0 })
      if (recursive && stats.isDirectory()) folders.push({ real: join(folder.real, name), shown })
    }
  }
  return { entries, truncated: false }
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
