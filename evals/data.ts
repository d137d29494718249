import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Where the development data lie: `CONCORD_DATA`, or a `shared/data` folder beside the repository. */
export function dataRoot(): string {
  return resolve(process.env.CONCORD_DATA ?? join(import.meta.dirname, '..', '..', 'shared', 'data'))
}

export class DataMissing extends Error {}

function readText(path: string): string {
  const file = join(dataRoot(), path)
  if (!existsSync(file)) {
    throw new DataMissing(
      `Cannot run the evaluation as its data are missing: no ${path} under the data directory; ` +
        'put the data set there or set CONCORD_DATA to the directory that holds it',
    )
  }
  return readFileSync(file, 'utf8')
}

/** A JSON file under {@link dataRoot}; the caller names its shape. */
export function readJson<T>(path: string): T {
  return JSON.parse(readText(path))
}

/** Records of a JSON lines file under {@link dataRoot}; the caller names their shape. */
export function readRecords<T>(path: string): T[] {
  return readText(path)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): T => JSON.parse(line))
}
