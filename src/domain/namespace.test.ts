import assert from 'node:assert/strict'
import { it } from 'node:test'
import { namespaceNamed } from './namespace.ts'

it('a namespace is one of the words, with an id', () => {
  for (const name of ['global', 'run/1', 'run/1/copy', 'thread/a', 'subject/a b', 'team/x', 'wake/t:a'])
    assert.equal(namespaceNamed(name), name)
  for (const name of [
    '',
    'weird',
    'run/',
    'run',
    'team/',
    'teams/x',
    'Global',
    'global/x',
    '/run/1',
    ' global',
  ])
    assert.throws(() => namespaceNamed(name), { code: 'input.invalid' }, name)
})
