import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributionsIn, familyNames, withoutAttributions } from './attributions.ts'

test('a group under a name of its own is an author like any other', () => {
  const text = 'BAAI RoboBrain Team et al. (2025) report that the 32B variant leads.'
  const found = attributionsIn(text)
  assert.deepEqual(
    found.map(({ names, year }) => [names, year]),
    [[['BAAI RoboBrain Team'], '2025']],
  )
  assert.equal(withoutAttributions(text, found).trim(), 'the 32B variant leads.')
  assert.deepEqual(familyNames('BAAI RoboBrain Team'), ['baai robobrain team'])
})
