import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Recalled, recalledText } from '../domain/recall.ts'
import { systemRandom } from '../platform/system.ts'
import { volatileStores } from '../stores/volatile/stores.ts'
import { manualClock } from '../testing/clock.ts'
import { withConflicts } from './fact-conflicts.ts'
import { scopedState } from './scoped-state.ts'
import { statedWrites, subjectMemory } from './subject.ts'

const fixture = () => {
  const clock = manualClock(1000)
  const { state } = volatileStores({ clock, random: systemRandom() })
  let run = 0
  const memoryOf = (subject: string) => {
    run++
    const provenance = { run: `r${run}`, step: 's' }
    return subjectMemory({
      subject,
      state: scopedState({ store: state, namespace: 'run/x', provenance, operationPrefix: `r${run}`, clock }),
      source: provenance,
      now: () => clock.now(),
    })
  }
  /** A goal says it. */
  const say = async (subject: string, text: string) => {
    clock.advance(1)
    run++
    await state.write(await statedWrites(state, { subject, text, run: `r${run}`, at: clock.now() }))
  }
  const known = async (subject: string) =>
    (await memoryOf(subject).facts()).map(({ fact, conflicts }) => (conflicts ? `! ${fact}` : fact)).sort()
  return { state, memoryOf, say, known }
}

/** What is said one after the other, and what is known then; `!` marks what is contradicted. */
const conversations: { [rule: string]: [string[], string[]] } = {
  'a no supersedes the yes': [
    ['I am allergic to penicillin.', 'I am not allergic to penicillin.'],
    ['I am not allergic to penicillin'],
  ],
  'no longer supersedes': [
    ["I'm allergic to nuts.", "I'm no longer allergic to nuts."],
    ["I'm no longer allergic to nuts"],
  ],
  'a yes supersedes the no': [
    ['I have no penicillin allergy.', 'I am allergic to penicillin.'],
    ['I am allergic to penicillin'],
  ],
  'a no to one thing leaves the others': [
    ['I am allergic to nuts.', 'I am allergic to penicillin.', 'I am not allergic to penicillin.'],
    ['I am allergic to nuts', 'I am not allergic to penicillin'],
  ],
  'a no to part of what was said is kept beside it, marked': [
    ['I am allergic to nuts and penicillin.', 'I am not allergic to penicillin.'],
    ['! I am allergic to nuts and penicillin', '! I am not allergic to penicillin'],
  ],
  'a no to all is kept beside each yes, marked': [
    ['I am allergic to nuts.', 'I have no known allergies.'],
    ['! I am allergic to nuts', '! I have no known allergies'],
  ],
  'a no with doubt is kept beside the yes, marked': [
    ['I am allergic to penicillin.', "I don't think I'm allergic to penicillin."],
    ['! I am allergic to penicillin', "! I don't think I'm allergic to penicillin"],
  ],
  'a no with an exception is kept beside the yes, marked': [
    ['I am allergic to penicillin.', 'I am not allergic to penicillin, but to amoxicillin.'],
    ['! I am allergic to penicillin', '! I am not allergic to penicillin, but to amoxicillin'],
  ],
  'a no to all with an exception is kept beside each yes, marked': [
    ['I am allergic to nuts.', "I don't have any allergies except milk."],
    ['! I am allergic to nuts', "! I don't have any allergies except milk"],
  ],
  'nothing is a no': [
    ['I am allergic to nuts.', 'I am allergic to nothing.'],
    ['! I am allergic to nothing', '! I am allergic to nuts'],
  ],
  'what was outgrown is superseded': [
    [
      'I am allergic to nuts.',
      'I have an allergy to milk.',
      'I have outgrown my nuts allergy.',
      'My milk allergy is gone.',
    ],
    ['I have outgrown my nuts allergy', 'My milk allergy is gone'],
  ],
  'two statements in one sentence are two': [
    ['I am allergic to penicillin.', 'I am not allergic to penicillin, I am allergic to amoxicillin.'],
    ['I am allergic to amoxicillin', 'I am not allergic to penicillin'],
  ],
  "somebody else's words state nothing": [
    ['I am allergic to nuts.', 'He said, I am not allergic to nuts.'],
    ['I am allergic to nuts'],
  ],
  'not only is no no': [
    ['I am allergic to penicillin.', 'I am not only allergic to penicillin.'],
    ['I am allergic to penicillin'],
  ],
  'one drink at one time of the day': [
    ['I prefer tea in the morning.', 'I prefer coffee in the morning.'],
    ['I prefer coffee in the morning'],
  ],
  'another time of the day is another thing': [
    ['I prefer tea in the morning.', 'I prefer coffee in the evening.', 'I prefer meetings in the morning.'],
    ['I prefer coffee in the evening', 'I prefer meetings in the morning', 'I prefer tea in the morning'],
  ],
  'one spelling': [
    ['My favourite colour is red.', 'My favorite color is green.'],
    ['My favorite color is green'],
  ],
  'one order of words': [
    ['My dose of warfarin is 5 mg.', 'My warfarin dose is 3 mg.', 'My aspirin dose is 100 mg.'],
    ['My aspirin dose is 100 mg', 'My warfarin dose is 3 mg'],
  ],
  'a dose that is taken': [
    ['My warfarin dose is 3 mg.', 'I take 5 mg of warfarin.'],
    ['I take 5 mg of warfarin'],
  ],
  'a no to one value leaves another': [
    ['My favourite colour is blue.', 'My favourite colour is not red.'],
    ['My favourite colour is blue', 'My favourite colour is not red'],
  ],
  'a no to the value supersedes it': [
    ['I live in Graz.', "I don't live in Graz any more."],
    ["I don't live in Graz any more"],
  ],
  'several may be so': [
    [
      'I speak German.',
      'I speak French.',
      'I am a doctor.',
      'I am a mother.',
      'I work at Acme.',
      'I work as a nurse.',
    ],
    [
      'I am a doctor',
      'I am a mother',
      'I speak French',
      'I speak German',
      'I work as a nurse',
      'I work at Acme',
    ],
  ],
  'what is said of somebody else is theirs': [
    ['I am allergic to nuts.', 'My daughter is allergic to nuts.', 'My daughter is not allergic to milk.'],
    ['I am allergic to nuts', 'My daughter is allergic to nuts', 'My daughter is not allergic to milk'],
  ],
  'what may be another thing is kept, marked': [
    ['My flight is at ten.', 'My flight is at noon.'],
    ['! My flight is at noon', '! My flight is at ten'],
  ],
  'what says that it changed supersedes': [
    ['My flight is at ten.', 'My flight is now at noon.'],
    ['My flight is now at noon'],
  ],
  'a feeling and its opposite': [
    ['I like dogs.', 'I hate dogs.', 'I like cats.'],
    ['I hate dogs', 'I like cats'],
  ],
}

describe('facts that contradict each other', () => {
  for (const [rule, [said, stands]] of Object.entries(conversations)) {
    it(`${rule}: ${said.join(' ')}`, async () => {
      const { say, known } = fixture()
      for (const text of said) await say('ada', text)
      assert.deepEqual(await known('ada'), stands)
    })
    // An agent notes one thing at a time, and what is no statement under its words.
    if (said.some((one) => /only|He said|, I am/.test(one))) continue
    it(`${rule}, as agents note it: ${said.join(' ')}`, async () => {
      const { memoryOf, known } = fixture()
      for (const text of said) await memoryOf('ada').remember(text.slice(0, -1))
      assert.deepEqual(await known('ada'), stands)
    })
  }

  it('what is superseded stays in the history, with its source', async () => {
    const { say, memoryOf, state } = fixture()
    await say('ada', 'I am allergic to penicillin.')
    await say('ada', 'I am not allergic to penicillin.')
    const [fact] = await memoryOf('ada').facts()
    assert.deepEqual(fact?.supersedes, { version: 1, fact: 'I am allergic to penicillin', at: 1001 })
    const history = await state.history('subject/ada', 'fact:allergi penicillin')
    assert.deepEqual(
      history.map(({ value }) => (value as { source: { run: string } }).source.run),
      ['r2', 'r1'],
    )
  })

  it('are read in what agents note of a patient, too', async () => {
    const { memoryOf, known } = fixture()
    await memoryOf('ada').remember('The patient is allergic to penicillin')
    await memoryOf('ada').remember('Patient has no penicillin allergy')
    await memoryOf('ada').remember('The user prefers tea in the morning')
    await memoryOf('ada').remember("User's favorite color is red")
    await memoryOf('ada').remember('I prefer coffee in the morning')
    await memoryOf('ada').remember('my favourite colour is blue')
    assert.deepEqual(await known('ada'), [
      'I prefer coffee in the morning',
      'Patient has no penicillin allergy',
      'my favourite colour is blue',
    ])
  })

  it('are marked in other words, too, where no rule reads them', async () => {
    const { memoryOf, known } = fixture()
    await memoryOf('ada').remember('Ada tolerates ibuprofen', { about: 'pain relief' })
    await memoryOf('ada').remember('Ada does not tolerate ibuprofen in high doses', { about: 'medication' })
    await memoryOf('ada').remember('Takes aspirin and not paracetamol')
    await memoryOf('ada').remember('Takes paracetamol and aspirin')
    assert.deepEqual(await known('ada'), [
      '! Ada does not tolerate ibuprofen in high doses',
      '! Ada tolerates ibuprofen',
      'Takes paracetamol and aspirin',
    ])
  })

  it('are found among thousands', () => {
    const facts = Array.from({ length: 4_000 }, (_, i) => ({
      about: `${i}`,
      fact: `I am ${i % 2 === 0 ? 'not ' : ''}allergic to substance${i % 3 === 0 ? i - (i % 2) : i}x`,
      at: 0,
      source: {},
    }))
    const marked = withConflicts(facts).filter(({ conflicts }) => conflicts !== undefined)
    const pairs = facts.filter(
      ({ fact }, i) => i % 2 === 1 && facts[i - 1]?.fact === fact.replace('am', 'am not'),
    )
    assert.ok(pairs.length > 100)
    assert.equal(marked.length, 2 * pairs.length)
  })

  it('what says several things at once is superseded by nothing that says one', async () => {
    const { memoryOf, known } = fixture()
    await memoryOf('ada').remember('I am allergic to nuts, I am allergic to milk')
    await memoryOf('ada').remember('I am not allergic to milk, I am allergic to latex')
    await memoryOf('ada').remember('I am not allergic to nuts')
    assert.deepEqual(await known('ada'), [
      '! I am allergic to nuts, I am allergic to milk',
      '! I am not allergic to milk, I am allergic to latex',
      '! I am not allergic to nuts',
    ])
  })

  it('are recalled together, and a model is told', async () => {
    const { say, memoryOf } = fixture()
    await say('ada', 'I am allergic to nuts and penicillin.')
    await say('ada', 'I am not allergic to penicillin.')
    const facts = await memoryOf('ada').recall('Which nuts may I eat?')
    assert.deepEqual(facts.map(({ fact }) => fact).sort(), [
      'I am allergic to nuts and penicillin',
      'I am not allergic to penicillin',
    ])
    const told = recalledText({ facts } satisfies Recalled) ?? ''
    assert.equal(told.match(/contradicted by: .*Which holds is not known/g)?.length, 2)
    const [alone] = await memoryOf('ada').recall('Which nuts may I eat?', { limit: 1 })
    assert.deepEqual(alone?.conflicts, ['allergy penicillin'])
  })

  it('superseding touches no other subject and no other slot, and loses nothing', async () => {
    const substances = ['penicillin', 'nuts', 'milk', 'latex']
    const attributes = ['favourite colour', 'email', 'warfarin dose', 'flight']
    const [yes, no] = [
      ['I am allergic to %', 'I have a % allergy'],
      ['I am not allergic to %', "I'm no longer allergic to %", 'I have no % allergy'],
    ]
    const statement = fc.oneof(
      fc
        .record({
          slot: fc.constantFrom(...substances),
          text: fc.constantFrom(...yes, ...no),
        })
        .map(({ slot, text }) => ({ slot: `allergy ${slot}`, text: text.replace('%', slot) })),
      fc
        .record({
          slot: fc.constantFrom(...attributes),
          is: fc.constantFrom('is', 'is not', 'is now'),
          value: fc.constantFrom('red', 'five', 'six'),
        })
        .map(({ slot, is, value }) => ({ slot, text: `My ${slot} ${is} ${value}` })),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ subject: fc.constantFrom('ada', 'eve'), statement }), { maxLength: 12 }),
        async (said) => {
          const { say, memoryOf, state } = fixture()
          for (const {
            subject,
            statement: { text },
          } of said) {
            const before = { ada: await memoryOf('ada').facts(), eve: await memoryOf('eve').facts() }
            await say(subject, `${text}.`)
            const after = { ada: await memoryOf('ada').facts(), eve: await memoryOf('eve').facts() }
            const other = subject === 'ada' ? 'eve' : 'ada'
            assert.deepEqual(after[other], before[other])
            const mine = after[subject as 'ada' | 'eve']
            const slotOf = (fact: string) =>
              [...substances, ...attributes].find((slot) => fact.includes(slot))
            for (const { fact } of before[subject as 'ada' | 'eve'])
              if (!mine.some((one) => one.fact === fact))
                assert.equal(slotOf(fact), slotOf(text), `${text} replaced ${fact}`)
            assert.ok(mine.some(({ fact }) => fact === text))
            // Of one thing there is no yes beside a no that is not marked.
            for (const substance of substances) {
              const about = mine.filter(({ fact }) => fact.includes(substance))
              const noes = about.filter(({ fact }) => /\b(?:not?|no longer)\b/.test(fact))
              if (noes.length > 0 && noes.length < about.length)
                assert.ok(about.every(({ conflicts }) => conflicts !== undefined))
            }
          }
          const kept = new Set<string>()
          for (const subject of ['ada', 'eve'])
            for (const { key } of await state.list(`subject/${subject}`))
              for (const { value } of await state.history(`subject/${subject}`, key))
                kept.add(`${subject} ${(value as { fact: string }).fact}`)
          for (const {
            subject,
            statement: { text },
          } of said)
            assert.ok(kept.has(`${subject} ${text}`))
        },
      ),
      { numRuns: 60 },
    )
  })
})
