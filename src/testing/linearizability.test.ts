import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  linearize,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from './linearizability.ts'

type Op = Operation<RegisterInput, RegisterOutput>
const set = (value: number, version: number, called: number, returned: number): Op => ({
  input: { kind: 'set', value },
  output: { version },
  called,
  returned,
})
const get = (version: number, value: number | undefined, called: number, returned: number): Op => ({
  input: { kind: 'get' },
  output: value === undefined ? { version } : { version, value },
  called,
  returned,
})

describe('the linearizability checker', () => {
  it('finds the order behind overlapping operations', () => {
    const history = [set(1, 1, 0, 10), get(0, undefined, 1, 3), get(1, 1, 4, 6), set(2, 2, 2, 12)]
    assert.deepEqual(linearize(history, registerModel), [1, 0, 2, 3])
  })

  it('refuses a stale read, a lost update and a version given twice', () => {
    assert.equal(linearize([set(1, 1, 0, 1), get(0, undefined, 2, 3)], registerModel), undefined)
    assert.equal(linearize([set(1, 1, 0, 5), set(2, 1, 0, 5)], registerModel), undefined)
    // Seen, then not seen any more by a later reader.
    const back = [set(1, 1, 0, 10), get(1, 1, 1, 2), get(0, undefined, 3, 4)]
    assert.equal(linearize(back, registerModel), undefined)
    const cas = (value: number): Op => ({
      input: { kind: 'set', value, ifVersion: 0 },
      output: { version: 1 },
      called: 0,
      returned: 5,
    })
    assert.equal(linearize([cas(1), cas(2)], registerModel), undefined)
  })

  it('lets an operation whose caller died have happened or not', () => {
    const lost: Op = { input: { kind: 'set', value: 7 }, called: 0 }
    assert.ok(linearize([lost, get(1, 7, 5, 6)], registerModel))
    assert.ok(linearize([lost, get(0, undefined, 5, 6)], registerModel))
    assert.ok(linearize([lost, get(0, undefined, 5, 6), get(1, 7, 7, 8)], registerModel))
    assert.equal(linearize([lost, get(1, 7, 5, 6), get(0, undefined, 7, 8)], registerModel), undefined)
  })
})
