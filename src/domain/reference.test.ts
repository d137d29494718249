import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import type { Json } from './json.ts'
import { sameJson } from './json.ts'
import { atPointer, holds, referencesIn, resolveReferences } from './reference.ts'

describe('a JSON pointer', () => {
  it('finds what RFC 6901 says it finds', () => {
    // The document and pointers of RFC 6901, section 5.
    const document = {
      foo: ['bar', 'baz'],
      '': 0,
      'a/b': 1,
      'c%d': 2,
      'e^f': 3,
      'g|h': 4,
      'i\\j': 5,
      'k"l': 6,
      ' ': 7,
      'm~n': 8,
    }
    const found: [string, Json][] = [
      ['', document],
      ['/foo', ['bar', 'baz']],
      ['/foo/0', 'bar'],
      ['/', 0],
      ['/a~1b', 1],
      ['/c%d', 2],
      ['/e^f', 3],
      ['/g|h', 4],
      ['/i\\j', 5],
      ['/k"l', 6],
      ['/ ', 7],
      ['/m~0n', 8],
    ]
    for (const [pointer, value] of found) assert.deepEqual(atPointer(document, pointer), value, pointer)
  })

  it('finds nothing where there is nothing, prototypes included', () => {
    for (const pointer of [
      '/x',
      '/foo/2',
      '/foo/-',
      '/foo/01',
      '/foo/0/0',
      '/__proto__',
      '/constructor',
      '/foo/length',
    ])
      assert.equal(atPointer({ foo: ['bar'] }, pointer), undefined, pointer)
  })

  it('leads to every value of any document', () => {
    const check = (document: Json, value: Json, path: string): void => {
      assert.deepEqual(atPointer(document, path), value)
      if (typeof value !== 'object' || value === null) return
      for (const [key, member] of Object.entries(value))
        if (member !== undefined)
          check(document, member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (document) => check(document as Json, document as Json, '')),
      { seed },
    )
  })
})

describe('references', () => {
  it('are replaced wherever they stand, and what is not found is listed', () => {
    const missing: never[] = []
    const payload = { a: [{ $step: 's', path: '/x' }], b: { $state: 'k' }, c: 1 }
    assert.equal(referencesIn(payload).length, 2)
    const resolved = resolveReferences(
      payload,
      (reference) => ('$step' in reference ? 'found' : undefined),
      missing,
    )
    assert.deepEqual(resolved, { a: ['found'], b: null, c: 1 })
    assert.deepEqual(missing, [{ $state: 'k' }])
  })

  it('compare values as JSON does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.equal(sameJson(a as Json, structuredClone(a) as Json), true)
        assert.equal(
          sameJson(a as Json, b as Json),
          JSON.stringify(a) === JSON.stringify(b) || sameJson(b as Json, a as Json),
        )
      }),
      { seed },
    )
    assert.equal(holds({ $step: 's', equals: { a: [1] } }, { a: [1] }), true)
    assert.equal(holds({ $step: 's', exists: false }, undefined), true)
  })
})
