import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isConcordError } from '../../domain/errors.ts'
import { stems } from '../../domain/text/tokens.ts'
import { perceptualImageEmbedder } from '../../models/perceptual-image.ts'
import type { Embedder, ImagePixels } from '../../ports/embedder.ts'
import { volatileKnowledge } from '../../stores/volatile/knowledge.ts'
import { manualClock } from '../../testing/clock.ts'
import { type KnowledgeParts, scopedKnowledge } from './knowledge.ts'

/** Words that mean the same lie in the same direction. */
const senses = [
  ['car', 'automobile'],
  ['doctor', 'physician'],
  ['sea', 'ocean'],
]
const senseEmbedder = (id = 'test/senses'): Embedder & { asked: string[] } => {
  const asked: string[] = []
  return {
    id,
    dimensions: 4,
    asked,
    async embed(texts) {
      asked.push(...texts)
      return texts.map((text) => {
        const found = stems(text)
        const counts = senses.map((words) => words.filter((word) => found.includes(stems(word)[0]!)).length)
        return Float32Array.from([...counts, 0.1])
      })
    },
  }
}

const open = (more: Partial<KnowledgeParts> = {}) => {
  const clock = manualClock()
  const store = volatileKnowledge({ clock })
  return { clock, store, knowledge: scopedKnowledge({ store, namespace: 'global', clock, ...more }) }
}

const ids = (hits: { document: { id: string } }[]) => hits.map(({ document }) => document.id)

const picture = (paint: (x: number, y: number) => [number, number, number], size = 64): ImagePixels => {
  const data = new Uint8Array(size * size * 4)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) data.set([...paint(x / size, y / size), 255], (y * size + x) * 4)
  return { width: size, height: size, data }
}
const disc = (x: number, y: number): [number, number, number] =>
  Math.hypot(x - 0.5, y - 0.5) < 0.3 ? [220, 40, 40] : [240, 240, 250]
const stripes = (x: number): [number, number, number] =>
  Math.floor(x * 8) % 2 ? [20, 90, 20] : [230, 220, 90]

describe('knowledge', () => {
  it('finds a passage by its words, says where it stands and why', async () => {
    const { knowledge } = open()
    const text = 'Warfarin needs monitoring. Aspirin does not.'
    await knowledge.add({ id: 'drugs', title: 'Anticoagulants', text, metadata: { kind: 'note' } })
    await knowledge.add({ id: 'other', text: 'The weather was fine.' })
    const [hit, ...others] = await knowledge.search('monitor warfarin')
    assert.deepEqual(others, [])
    assert.deepEqual([hit?.document.id, hit?.document.metadata], ['drugs', { kind: 'note' }])
    assert.equal(text.slice(hit!.start, hit!.end), hit!.text)
    assert.equal(hit!.scores.lexical, 1)
    assert.equal(hit!.scores.sentence, 1)
    assert.ok(hit!.score > 0 && hit!.score <= 1)
  })

  it('finds by meaning what shares no word, once it is embedded', async () => {
    const embedder = senseEmbedder()
    const { knowledge } = open({ embedder: async () => embedder })
    await knowledge.add({ id: 'a', text: 'An automobile stood there.' })
    await knowledge.add({ id: 'b', text: 'The ocean was calm.' })
    assert.deepEqual(ids(await knowledge.search('car')), [])
    assert.equal((await knowledge.stats()).unembedded, true)
    assert.equal(await knowledge.embed(), 2)
    assert.equal((await knowledge.stats()).unembedded, false)
    const [hit] = await knowledge.search('car')
    assert.equal(hit?.document.id, 'a')
    assert.ok(hit!.scores.vector! > 0.9 && hit!.scores.lexical === 0)
  })

  it('finds nothing where no word is shared and the meaning is far, but a word misspelt', async () => {
    const embedder = { ...senseEmbedder(), cosineMin: 0.3 }
    const { knowledge } = open({ embedder: async () => embedder })
    await knowledge.add({ id: 'a', text: 'An automobile stood there.' })
    await knowledge.add({ id: 'b', text: 'The ocean was calm.' })
    await knowledge.add({ id: 'c', text: 'Warfarin thins blood, said the doctor.' })
    await knowledge.embed()
    assert.deepEqual(ids(await knowledge.search('car')), ['a'])
    assert.deepEqual(ids(await knowledge.search('car calm')), ['b', 'a'])
    assert.deepEqual(ids(await knowledge.search('the warfrin')), ['c'])
    assert.deepEqual(ids(await knowledge.search('xyzzy')), [])
    const far = { embedder: embedder.id, values: Float32Array.of(0, 0, 0, -1) }
    assert.equal(
      (await knowledge.search({ vector: far })).length,
      3,
      'who brings a vector asks for the nearest',
    )
  })

  it('re-embeds for another embedder where it was stopped, then drops the old vectors', async () => {
    const [old, next] = [senseEmbedder('test/old'), senseEmbedder('test/new')]
    let present: Embedder = old
    const { knowledge, store } = open({ embedder: async () => present })
    for (let i = 0; i < 40; i++) await knowledge.add({ id: `d${i}`, text: `physician number ${i}` })
    assert.equal(await knowledge.embed(), 40)
    present = next
    const stop = new AbortController()
    await knowledge.embed({ signal: stop.signal, onProgress: () => stop.abort(), replace: true })
    assert.ok(next.asked.length > 0 && next.asked.length < 40)
    assert.deepEqual(await store.embedders('global'), ['test/new', 'test/old'])
    await knowledge.embed({ replace: true })
    assert.equal(next.asked.length, 40)
    assert.deepEqual(await store.embedders('global'), ['test/new'])
  })

  it('keeps whole characters only', async () => {
    const { knowledge } = open()
    const half = { text: 'one \ud83d two', title: '\udc00', metadata: { note: '\ud83d' } }
    const whole = { text: 'one \ufffd two', title: '\ufffd', metadata: { note: '\ufffd' } }
    const { id } = await knowledge.add(half)
    const kept = async () => {
      const { text, title, metadata } = (await knowledge.get(id))!
      return { text, title, metadata }
    }
    assert.deepEqual(await kept(), whole)
    await knowledge.update(id, half)
    assert.deepEqual(await kept(), whole)
  })

  it('refuses blank text, as nothing is found in it and no embedder takes it', async () => {
    const { knowledge } = open()
    for (const text of ['', '  \n\t', '\u00a0'])
      await assert.rejects(knowledge.add({ text }), {
        code: 'input.invalid',
        message: /it is blank; give its text/,
      })
    await knowledge.add({ id: 'a', text: 'something' })
    await assert.rejects(knowledge.update('a', { text: ' ' }), { code: 'input.invalid' })
    await knowledge.add({
      id: 'p',
      text: '',
      modality: 'image',
      vectors: [{ embedder: 'my/e', values: Float32Array.of(1) }],
    })
  })

  it('embeds the rest when a text cannot be embedded, says so, and finds that one by its words', async () => {
    const senses = senseEmbedder()
    let down = false
    const embedder: Embedder = {
      ...senses,
      async embed(texts) {
        if (down || texts.some((text) => text.includes('poison'))) throw new Error('a shape of 1,1,0,2')
        const vectors = await senses.embed(texts)
        return vectors.map((values, at) => (texts[at]!.includes('odd') ? values.fill(Number.NaN) : values))
      },
    }
    const warnings: object[] = []
    const nothing = () => {}
    const warn = (fields: object) => void warnings.push(fields)
    const logger = { debug: nothing, info: nothing, warn, error: nothing }
    const { knowledge } = open({ embedder: async () => embedder, logger })
    for (const what of ['poison', 'odd'])
      await knowledge.add({ id: what, text: `a physician and ${what} zebras` })
    for (let i = 0; i < 20; i++) await knowledge.add({ id: `d${i}`, text: `physician number ${i}` })
    let last: object | undefined
    const onProgress = (progress: object) => {
      last = progress
    }
    assert.equal(await knowledge.embed({ onProgress }), 20)
    assert.deepEqual(last, { done: 20, skipped: 2, embedder: 'test/senses' })
    assert.equal(warnings.length, 2)
    assert.equal((await knowledge.stats()).unembedded, true)
    assert.deepEqual(
      ids(await knowledge.search('zebra'))
        .slice(0, 2)
        .sort(),
      ['odd', 'poison'],
    )
    assert.equal(await knowledge.embed(), 0)
    down = true
    await assert.rejects(knowledge.embed(), /a shape of/)
  })

  it('refuses what it does not know or cannot mean, so that nothing more is found or kept than was asked for', async () => {
    const { knowledge } = open()
    await knowledge.add({ id: 'a', text: 'whales sing', metadata: { n: 1 } })
    const anything = (value: object) => value as never
    const vector = (...values: number[]) => [{ embedder: 'e', values: Float32Array.from(values) }]
    const documents: object[] = [
      ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '9'].map((ttlMs) => ({ text: 'x', ttlMs })),
      { text: 'x', ttl: 5 },
      { text: 'x', subject: '' },
      { text: 'x', subject: 7 },
      { text: 'x', modality: 'video' },
      { text: 'x', metadata: [] },
      { text: 'x', chunking: { chars: 5 } },
      { text: 'x', chunking: { charsMax: 0 } },
      { text: 'x', title: 'x'.repeat(10_001) },
      { text: 7 },
      {},
      { text: 'x', vectors: vector(1, Number.NaN) },
      { text: 'x', vectors: vector() },
    ]
    const filters: object[] = [
      { metadata: { n: { gt: 6 } } },
      { metadata: { n: { in: 6 } } },
      { metadata: { n: { in: [{}] } } },
      { metadata: { n: { gte: Number.NaN } } },
      { metadata: { n: [1] } },
      { metadata: { n: undefined } },
      { metadata: { 'a b': 1 } },
      { meta: { n: 6 } },
      { subject: 7 },
      { modality: 'video' },
      { ids: 'a' },
      { ids: [''] },
      { from: 'yesterday' },
      { to: Number.NaN },
    ]
    const searches = [
      ...filters.map((filter) => ({ filter })),
      ...[{ limit: -1 }, { limit: 1.5 }, { limit: Number.NaN }, { filters: {} }, { neighbours: 21 }],
      ...[{ diversity: 2 }, { distinct: 'id' }, { recency: {} }, { recency: { halfLifeMs: 0 } }],
      { weights: { vector: -1 } },
    ]
    const attempts: [object, () => Promise<unknown>][] = [
      ...documents.map(
        (each) => [each, () => knowledge.add(anything(each))] as [object, () => Promise<unknown>],
      ),
      ...searches.map(
        (each) =>
          [each, () => knowledge.search('whales', anything(each))] as [object, () => Promise<unknown>],
      ),
      [{ ttlMs: 0 }, () => knowledge.update('a', { ttlMs: 0 })],
      [{ subjects: 's' }, () => knowledge.forget(anything({ subjects: 's' }))],
      [{ subject: 7 }, () => knowledge.forget(anything({ subject: 7 }))],
      [{ subject: undefined }, () => knowledge.forget(anything({ subject: undefined }))],
      [
        { image: 3 },
        () => open({ imageEmbedder: perceptualImageEmbedder }).knowledge.search(anything({ image: 3 })),
      ],
      [vector(1, Number.NaN), () => knowledge.search({ vector: vector(1, Number.NaN)[0]! })],
    ]
    for (const [given, attempt] of attempts)
      await assert.rejects(attempt, { code: 'input.invalid' }, JSON.stringify(given))
    assert.equal((await knowledge.stats()).documents, 1)
    const fine = { subject: undefined, metadata: { n: { gte: 1, lte: undefined } } }
    assert.equal((await knowledge.search('whales', anything({ filter: fine }))).length, 1)
  })

  it('answers once for documents that say nearly the same, and for each again when the other is forgotten', async () => {
    const { knowledge } = open()
    const text = Array.from({ length: 60 }, (_, at) => `word${at}`).join(' ')
    await knowledge.add({ id: 'a', text: `${text} end` })
    await knowledge.add({ id: 'b', text: `${text} finish` })
    const [hit, ...others] = await knowledge.search('word1 word2')
    assert.deepEqual([others.length, [hit!.document.id, ...hit!.also!].sort()], [0, ['a', 'b']])
    await knowledge.forget('a')
    assert.deepEqual(ids(await knowledge.search('word1 word2')), ['b'])
  })

  it('answers with each of those that differ in a number, a day or a negation', async () => {
    const rules =
      'The key of this room hangs at the front desk and is given out to members of staff who sign for it in the book'
    for (const [one, two] of [
      ['In room 12', 'In room 14'],
      ['On Monday', 'On Tuesday'],
      ['Smoking is allowed', 'Smoking is not allowed'],
      ["It isn't locked", 'It is locked'],
      ['Two keys', 'Three keys'],
    ]) {
      const { knowledge } = open()
      const place = Array.from({ length: 3 }, () => rules).join('. ')
      await knowledge.add({ id: 'a', text: `${place}. ${one}.` })
      await knowledge.add({ id: 'b', text: `${place}. ${two}.` })
      const hits = await knowledge.search('key of this room at the front desk')
      assert.deepEqual([ids(hits).sort(), hits[0]?.also], [['a', 'b'], undefined], `${one}, ${two}`)
    }
    const { knowledge } = open()
    await knowledge.add({ id: 'a', text: `${rules}. ${rules}. ${rules}. Room 12 is blue.` })
    await knowledge.add({ id: 'b', text: `${rules}. ${rules}. ${rules}. Room 12 was blue.` })
    assert.equal((await knowledge.search('key of this room')).length, 1)
  })

  it('stores the same content once, makes its id of it, and updates what is given', async () => {
    const { knowledge, clock } = open()
    const { id } = await knowledge.add({ text: 'one text' })
    assert.equal((await knowledge.add({ text: 'one text' })).outcome, 'unchanged')
    assert.equal((await knowledge.update(id, { metadata: { seen: true }, ttlMs: 50 })).outcome, 'updated')
    assert.equal((await knowledge.update(id, { text: 'another text' })).version, 2)
    assert.deepEqual((await knowledge.get(id))?.metadata, { seen: true })
    clock.advance(50)
    assert.equal(await knowledge.get(id), undefined)
    await assert.rejects(knowledge.update(id, { text: 'x' }), { code: 'not-found' })
  })

  it('records a subject that is given later, so that forgetting the subject reaches the document', async () => {
    const { knowledge } = open()
    const text = 'Mrs Miller takes warfarin daily.'
    await knowledge.add({ id: 'x', text })
    assert.equal((await knowledge.add({ id: 'x', text, subject: 'miller' })).outcome, 'updated')
    await knowledge.add({ id: 'y', text: 'Mr Smith takes apixaban daily.', chunking: 'lines' })
    const updated = await knowledge.update('y', { subject: 'smith', source: 'letter' })
    assert.deepEqual([updated.outcome, updated.version], ['updated', 1])
    assert.deepEqual((await knowledge.get('y'))?.source, 'letter')
    assert.equal(await knowledge.forget({ subject: 'miller' }), 1)
    assert.equal(await knowledge.forget({ subject: 'smith' }), 1)
    assert.deepEqual(await knowledge.search('takes daily'), [])
  })

  it('reports the same text once, by the name that fits, and gives each name its own fate', async () => {
    const { knowledge, clock } = open()
    const text = 'Olives grow in Spain.'
    await knowledge.add({ id: 'o1', text, ttlMs: 50, metadata: { src: 'a' } })
    clock.advance(1)
    await knowledge.add({ id: 'o2', text, metadata: { src: 'b' } })
    const all = await knowledge.search('olives')
    assert.deepEqual([ids(all), all[0]?.also], [['o2'], ['o1']])
    for (const src of ['a', 'b']) {
      const [hit, ...more] = await knowledge.search('olives', { filter: { metadata: { src } } })
      assert.deepEqual([hit?.document.metadata, hit?.also, more], [{ src }, undefined, []])
    }
    clock.advance(80)
    const left = await knowledge.search('olives')
    assert.deepEqual([ids(left), left[0]?.also], [['o2'], undefined])
    assert.equal((await knowledge.update('o2', { metadata: { src: 'c' } })).outcome, 'updated')
    assert.deepEqual((await knowledge.get('o2'))?.metadata, { src: 'c' })
  })

  it('keeps the same text about two subjects apart where no id is given', async () => {
    const { knowledge } = open()
    const text = 'Takes aspirin daily.'
    for (const subject of ['a', 'b']) {
      assert.equal((await knowledge.add({ text, subject })).outcome, 'created')
      assert.equal((await knowledge.add({ text, subject })).outcome, 'unchanged')
    }
    assert.equal(await knowledge.forget({ subject: 'b' }), 1)
    assert.deepEqual(
      (await knowledge.list()).map(({ subject }) => subject),
      ['a'],
    )
  })

  it('gives the same text about two subjects to each, with the turns beside it', async () => {
    const { knowledge } = open()
    const text = 'The dose was raised.\nThe patient slept well.'
    for (const subject of ['a', 'b']) await knowledge.add({ id: subject, text, subject, chunking: 'lines' })
    const hits = await knowledge.search('dose', { weights: { neighbours: 0.5 } })
    const where = hits.map(({ document, start }) => `${document.id}${start}`)
    assert.deepEqual(where.sort(), ['a0', 'a21', 'b0', 'b21'])
    const alone = { filter: { subject: 'a' }, weights: { neighbours: 0 } }
    assert.deepEqual(ids(await knowledge.search('dose', alone)), ['a'])
  })

  it('raises a line beside one that resembles the question, and no passage, unless weights say else', async () => {
    const { knowledge } = open()
    const lines = ['Which colour do whales like?', 'Blue, I think.', 'And rain?', 'No.']
    await knowledge.add({ id: 'talk', text: lines.join('\n'), chunking: 'lines' })
    const passages = 'A colour that whales show is grey.\n\nTheir calves drink milk.\n\nThey live long.'
    await knowledge.add({ id: 'book', text: passages, chunking: { charsMax: 36 } })
    const search = (weights: { neighbours?: number } = {}) =>
      knowledge.search('colour of whales', { weights })
    const found = async (weights?: { neighbours: number }) =>
      (await search(weights)).map(({ document, text }) => `${document.id}: ${text.slice(0, 8)}`).sort()
    assert.deepEqual(await found(), ['book: A colour', 'talk: Blue, I ', 'talk: Which co'])
    assert.deepEqual(await found({ neighbours: 0 }), ['book: A colour', 'talk: Which co'])
    assert.equal((await found({ neighbours: 0.6 })).length, 4)
    const [[best], [alone]] = [await search(), await search({ neighbours: 0 })]
    assert.equal(best?.score, alone?.score)
  })

  it('gives the neighbours of a hit as its context, with an exact span', async () => {
    const { knowledge } = open()
    const text = 'first turn\nsecond about whales\nthird turn\nfourth turn'
    await knowledge.add({ id: 'talk', text, chunking: 'lines' })
    const [hit] = await knowledge.search('whales', { neighbours: 1 })
    assert.equal(hit?.text, 'second about whales')
    assert.deepEqual(hit?.context, { start: 0, end: 41, text: text.slice(0, 41) })
    const spread = await knowledge.search('whales', { weights: { neighbours: 0.5 } })
    assert.deepEqual(
      spread.map(({ text }) => text),
      ['second about whales', 'first turn', 'third turn'],
    )
  })

  it('prefers what is newer when asked, and what is unlike the rest when asked', async () => {
    const { knowledge, clock } = open()
    await knowledge.add({ id: 'old', text: 'the garden has roses and herbs' })
    clock.advance(1000)
    await knowledge.add({ id: 'new', text: 'the garden has roses and weeds' })
    await knowledge.add({ id: 'far', text: 'roses were sold in town by strangers on that day' })
    const recency = { halfLifeMs: 100, weight: 1 }
    assert.equal(ids(await knowledge.search('garden roses', { recency }))[0], 'new')
    assert.deepEqual(ids(await knowledge.search('garden roses', { limit: 2 })), ['old', 'new'])
    assert.deepEqual(ids(await knowledge.search('garden roses', { limit: 2, diversity: 0.9 })), [
      'old',
      'far',
    ])
  })

  it('never returns what was forgotten, expired or is outside the filter', async () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'forget', 'subject', 'wait'),
      id: fc.integer({ min: 0, max: 9 }),
      subject: fc.constantFrom('s', 't'),
      words: fc.array(fc.constantFrom('red', 'green', 'blue'), { minLength: 1, maxLength: 4 }),
      ttl: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { knowledge, clock } = open()
        const model = new Map<string, { subject: string; text: string; expiresAt: number }>()
        for (const [at, { kind, id, subject, words, ttl }] of steps.entries()) {
          // Every other text may be that of other documents too.
          const text = at % 2 ? words.join(' ') : `${words.join(' ')} n${at}`
          if (kind === 'add') {
            await knowledge.add({ id: `d${id}`, text, subject, ...(ttl === undefined ? {} : { ttlMs: ttl }) })
            model.set(`d${id}`, { subject, text, expiresAt: clock.now() + (ttl ?? 1e9) })
          } else if (kind === 'forget') {
            await knowledge.forget(`d${id}`)
            model.delete(`d${id}`)
          } else if (kind === 'subject') {
            await knowledge.forget({ subject })
            for (const [key, value] of model) if (value.subject === subject) model.delete(key)
          } else clock.advance(5)
        }
        for (const subject of ['s', 't', undefined]) {
          const filter = subject === undefined ? {} : { subject }
          const found = await knowledge.search('red', { limit: 50, filter })
          const all = found.flatMap(({ document, also = [] }) => [document.id, ...also])
          const expected = [...model]
            .filter(([, each]) => each.expiresAt > clock.now() && each.text.includes('red'))
            .filter(([, each]) => subject === undefined || each.subject === subject)
          assert.deepEqual(all.sort(), expected.map(([id]) => id).sort())
        }
      }),
      { numRuns: 60, verbose: true },
    )
  })

  it('finds a picture by a picture that looks like it, by its caption, and not by text that is not in it', async () => {
    const { knowledge } = open({ imageEmbedder: perceptualImageEmbedder })
    await knowledge.add({ id: 'disc', text: 'a red sun', image: picture(disc) })
    await knowledge.add({ id: 'stripes', text: 'a striped flag', image: picture(stripes) })
    await knowledge.add({ id: 'note', text: 'text about the sun' })
    const darker = picture((x, y) => disc(x, y).map((value) => value * 0.8) as [number, number, number], 200)
    const hits = await knowledge.search({ image: darker })
    assert.deepEqual(ids(hits), ['disc', 'stripes'])
    assert.ok(hits[0]!.score > 0.95 && hits[1]!.score < 0.6, hits.map(({ score }) => score).join())
    assert.deepEqual(ids(await knowledge.search('flag', { filter: { modality: 'image' } })), ['stripes'])
    assert.deepEqual(ids(await knowledge.search('circle', { filter: { modality: 'image' } })), [])
    await assert.rejects(
      knowledge.add({ text: 'x', image: { width: 2, height: 2, data: new Uint8Array(3) } }),
      {
        code: 'input.invalid',
      },
    )
  })

  it('keeps vectors of any embedder beside each other and compares only those of one', async () => {
    const { knowledge } = open()
    const vector = (embedder: string, ...values: number[]) => ({
      embedder,
      values: Float32Array.from(values),
    })
    await knowledge.add({
      id: 'song',
      modality: 'audio',
      text: 'a song',
      vectors: [vector('my/audio', 1, 0)],
    })
    await knowledge.add({ id: 'cry', modality: 'audio', text: 'a cry', vectors: [vector('my/audio', 0, 1)] })
    await knowledge.add({ id: 'text', text: 'a text', vectors: [vector('my/text', 1, 0)] })
    assert.deepEqual(ids(await knowledge.search({ vector: vector('my/audio', 0.9, 0.2) })), ['song', 'cry'])
    assert.deepEqual(ids(await knowledge.search({ vector: vector('my/none', 1, 0) })), [])
  })

  it('notes what was found as read', async () => {
    const reads: object[] = []
    const { knowledge } = open({ reads: () => reads as never })
    await knowledge.add({ id: 'a', text: 'whales sing' })
    await knowledge.search('whales')
    assert.deepEqual(reads, [{ document: 'a', start: 0, end: 11 }])
  })

  it('takes any question', async () => {
    const { knowledge } = open()
    await knowledge.add({ id: 'a', text: 'to be or not to be' })
    for (const question of [
      '',
      '   ',
      '"',
      'AND OR NOT',
      '*',
      'a:b',
      '\0',
      '🎉',
      'x'.repeat(100_000),
      '(((',
      '-',
    ])
      assert.ok(Array.isArray(await knowledge.search(question)), question.slice(0, 10))
    assert.deepEqual(await knowledge.search('be', { limit: 0 }), [])
    const error = await knowledge.add({ id: 'x'.repeat(600), text: 'y' }).catch((error: unknown) => error)
    assert.ok(isConcordError(error) && error.code === 'input.invalid')
  })
})
