import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemRandom } from '../platform/system.ts'
import { volatileStores } from '../stores/volatile/stores.ts'
import { manualClock } from '../testing/clock.ts'
import { scopedState } from './scoped-state.ts'
import { statedWrites, subjectMemory } from './subject.ts'

const fixture = (subject = 'ada') => {
  const clock = manualClock(1000)
  const { state } = volatileStores({ clock, random: systemRandom() })
  let run = 0
  const memory = (name = subject) => {
    run++
    const source = { run: `r${run}`, step: 's' }
    return subjectMemory({
      subject: name,
      state: scopedState({
        store: state,
        namespace: 'run/x',
        provenance: source,
        operationPrefix: `r${run}`,
        clock,
      }),
      source,
      now: () => clock.now(),
    })
  }
  return { clock, state, memory }
}

describe('the memory of a subject', () => {
  it('supersedes what was said before about the same, and keeps it in the history', async () => {
    const { memory, state, clock } = fixture()
    await memory().remember('I prefer tea', { about: 'drink' })
    clock.advance(5)
    const second = await memory().remember('I prefer coffee now', { about: 'the drinks' })
    assert.deepEqual(second.supersedes, { version: 1, fact: 'I prefer tea', at: 1000 })
    assert.deepEqual(second.source, { run: 'r2', step: 's' })
    const facts = await memory().facts()
    assert.deepEqual(
      facts.map(({ fact }) => fact),
      ['I prefer coffee now'],
    )
    const history = await state.history('subject/ada', 'fact:drink')
    assert.equal(history.length, 2)
  })

  it('keeps the first source of what is said again in the same words, and finds the topic of other words by itself', async () => {
    const { memory, state } = fixture()
    const first = await memory().remember('The invoice for the garden is due on Friday')
    assert.deepEqual(await memory().remember('The invoice for the garden is due on Friday'), first)
    await memory().remember('On Friday the garden invoice is due')
    assert.equal((await memory().facts()).length, 1)
    assert.equal(await state.sequence('subject/ada'), 2)
  })

  it('recalls what bears on a query and what bears on every answer, within the limits', async () => {
    const { memory } = fixture()
    const ada = memory()
    await ada.remember('My name is Ada')
    await ada.remember('I prefer window seats on trains')
    await ada.remember('My dog is called Rex')
    await ada.remember('I prefer short answers')
    const facts = async (query: string, options?: { limit?: number; tokensMax?: number }) =>
      (await ada.recall(query, options)).map(({ fact }) => fact).sort()
    assert.deepEqual(await facts('Book a train to Graz with a good seat'), [
      'I prefer short answers',
      'I prefer window seats on trains',
      'My name is Ada',
    ])
    assert.deepEqual(await facts('quantum physics'), ['I prefer short answers', 'My name is Ada'])
    assert.equal((await facts('dog trains', { limit: 1 })).length, 1)
    assert.deepEqual(await facts('dog', { tokensMax: 0 }), [])
  })

  it('knows nothing of another subject, and forgets what is dropped', async () => {
    const { memory } = fixture()
    await memory('ada').remember('My name is Ada')
    assert.deepEqual(await memory('eve').recall('name'), [])
    assert.equal(await memory('ada').drop('name'), true)
    assert.equal(await memory('ada').drop('name'), false)
    assert.deepEqual(await memory('ada').facts(), [])
  })

  it('writes what a goal states once, and nothing that is known', async () => {
    const { state } = fixture()
    const given = { subject: 'ada', text: 'My name is Ada. I live in Graz.', run: 'r', at: 1 }
    const writes = await statedWrites(state, given)
    await state.write(writes)
    await state.write(writes)
    assert.equal(await state.sequence('subject/ada'), 2)
    assert.deepEqual(await statedWrites(state, { ...given, run: 'later' }), [])
  })
})
