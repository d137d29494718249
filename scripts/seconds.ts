import { dirname, relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/**
 * A reporter for `node --test`: how long the files of each folder took, the slowest folder first,
 * and the slowest files.
 */
export default async function* seconds(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { file: string; seconds: number }[] = []
  for await (const event of source) {
    if (event.type !== 'test:summary' || event.data.file === undefined) continue
    const file = relative(process.cwd(), event.data.file)
    files.push({ file, seconds: event.data.duration_ms / 1000 })
  }
  const folders = new Map<string, number>()
  for (const { file, seconds } of files)
    folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + seconds)
  const shown = (list: [string, number][]): string =>
    list
      .sort(([, a], [, b]) => b - a)
      .map(([name, took]) => `${took.toFixed(1).padStart(7)}  ${name}\n`)
      .join('')
  yield `\nseconds per folder, as if one file ran at a time\n${shown([...folders])}`
  const slowest = files.map(({ file, seconds }): [string, number] => [file, seconds])
  yield `the slowest files\n${shown(slowest).split('\n').slice(0, 15).join('\n')}\n`
}
