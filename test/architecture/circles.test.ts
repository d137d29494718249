import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filesLike } from '../../scripts/files.ts'
import { circlesIn, importsOf, targetOf } from './imports.ts'

const sources = ['src', 'bench', 'evals', 'scripts']
  .flatMap((folder) => filesLike(`${folder}/**/*.ts`))
  .filter((file) => !file.endsWith('.test.ts'))

describe('imports', () => {
  it('go in no circle, those of types included', () => {
    const graph = new Map(
      sources.map((file) => [
        file,
        importsOf(file)
          .filter((path) => path.startsWith('.'))
          .map((path) => targetOf(file, path)),
      ]),
    )
    assert.ok(graph.size > 500, `only ${graph.size} files found`)
    assert.deepEqual(circlesIn(graph), [])
  })

  it('that go in a circle are found', () => {
    const planted = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
      ['d', ['e']],
      ['e', ['b']],
      ['f', ['f']],
    ])
    assert.deepEqual(circlesIn(planted), [['b', 'd', 'e'], ['f']])
  })
})
