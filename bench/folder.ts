import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** On the disk of the repository, not in a temporary folder that may be memory: commits are to reach a disk. */
export const workFolder = async (): Promise<string> => {
  const folder = fileURLToPath(new URL('../.tmp/bench/', import.meta.url))
  await mkdir(folder, { recursive: true })
  return folder
}
