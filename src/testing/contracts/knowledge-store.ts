import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashTerm, sentenceEnd } from '../../domain/text/term-sequence.ts'
import type { DocumentDraft, KnowledgeFilter, KnowledgeStore } from '../../ports/knowledge-store.ts'
import type { ManualClock } from '../clock.ts'

/** A fresh, empty store on a manual clock; `close` also removes what it left behind. */
export type KnowledgeFixture = { store: KnowledgeStore; clock: ManualClock; close(): Promise<void> }
export type OpenKnowledge = () => Promise<KnowledgeFixture>

const on = (open: OpenKnowledge, test: (fixture: KnowledgeFixture) => Promise<void>) => async () => {
  const fixture = await open()
  try {
    await test(fixture)
  } finally {
    await fixture.close()
  }
}

const ns = 'global'
const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean)

/** A document of one chunk a line, its words as terms. */
export const documentDraft = (id: string, text: string, more: Partial<DocumentDraft> = {}): DocumentDraft => {
  let at = 0
  const chunks = text.split('\n').map((line) => {
    const start = at
    at += line.length + 1
    return { start, end: start + line.length, terms: wordsOf(line) }
  })
  const hash = `${more.title ?? ''}/${text}`
  return { id, modality: 'text', text, metadata: {}, hash, bands: [], titleTerms: [], chunks, ...more }
}

/** Ids of the documents in which the words stand, best first. */
const found = async (store: KnowledgeStore, text: string, filter: KnowledgeFilter = {}, namespace = ns) => {
  const { candidates } = await store.lexical(namespace, wordsOf(text), { limit: 50, filter })
  const chunks = await store.chunks(
    namespace,
    candidates.map(({ chunk }) => chunk),
    { filter },
  )
  return [...new Set(chunks.map(({ document }) => document.id))].sort()
}

const near = async (
  store: KnowledgeStore,
  values: number[],
  filter: KnowledgeFilter = {},
  embedder = 'e',
) => {
  const hits = await store.nearest(ns, Float32Array.from(values), { embedder, limit: 50, filter })
  const chunks = await store.chunks(
    ns,
    hits.map(({ chunk }) => chunk),
    { filter },
  )
  return chunks.map(({ document }) => document.id)
}

const vectors = (...values: number[]) => ({
  vectors: [{ ordinal: 0, embedder: 'e', values: Float32Array.from(values) }],
})

/** What every knowledge store promises. */
export const knowledgeStoreContract = (name: string, open: OpenKnowledge): void => {
  describe(`${name} as a knowledge store`, () => {
    documents(open)
    duplicates(open)
    words(open)
    filters(open)
    vectorSearch(open)
    expiry(open)
    hostile(open)
  })
}

const documents = (open: OpenKnowledge) => {
  it(
    'keeps a document as it was put, and counts its versions',
    on(open, async ({ store, clock }) => {
      const more = { title: 'T', metadata: { tags: ['x'], n: 1 }, subject: 's', source: 'file.md' }
      assert.deepEqual(await store.put(ns, documentDraft('a', 'one two', more)), {
        outcome: 'created',
        id: 'a',
        version: 1,
      })
      const at = clock.now()
      const expected = {
        id: 'a',
        modality: 'text',
        text: 'one two',
        ...more,
        at,
        updatedAt: at,
        version: 1,
      }
      const kept = async () => {
        const { group: _group, ...rest } = (await store.get(ns, 'a'))!
        return rest
      }
      assert.deepEqual(await kept(), expected)
      clock.advance(10)
      assert.equal((await store.put(ns, documentDraft('a', 'one two', more))).outcome, 'unchanged')
      assert.deepEqual(await kept(), expected)
      assert.deepEqual(await store.put(ns, documentDraft('a', 'three', more)), {
        outcome: 'updated',
        id: 'a',
        version: 2,
      })
      const { text, at: first, updatedAt } = (await store.get(ns, 'a'))!
      assert.deepEqual([text, first, updatedAt], ['three', at, at + 10])
      assert.deepEqual(await found(store, 'one'), [])
      assert.deepEqual(await found(store, 'three'), ['a'])
    }),
  )
  it(
    'changes metadata, subject, source and expiry alone without a new version',
    on(open, async ({ store, clock }) => {
      const more = vectors(1, 0)
      await store.put(ns, documentDraft('a', 'one', more))
      const expiresAt = clock.now() + 1000
      const labels: Partial<DocumentDraft>[] = [
        { metadata: { k: 1 } },
        { metadata: { k: 1 }, subject: 's' },
        { metadata: { k: 1 }, subject: 's', source: 'f' },
        { metadata: { k: 1 }, subject: 't', source: 'f', expiresAt },
      ]
      for (const each of labels) {
        const put = () => store.put(ns, documentDraft('a', 'one', { ...more, ...each }))
        assert.deepEqual(await put(), { outcome: 'updated', id: 'a', version: 1 })
        assert.equal((await put()).outcome, 'unchanged')
        const { metadata, subject, source } = (await store.get(ns, 'a'))!
        const kept = [metadata, subject, source]
        assert.deepEqual(kept, [each.metadata, each.subject, each.source])
      }
      assert.deepEqual(await found(store, 'one', { metadata: { k: 1 }, subject: 't', source: 'f' }), ['a'])
      assert.deepEqual(await near(store, [1, 0], { subject: 't' }), ['a'])
      assert.deepEqual(await found(store, 'one', { subject: 's' }), [])
      assert.equal(await store.remove(ns, { subject: 's' }), 0)
      clock.advance(1000)
      assert.equal(await store.get(ns, 'a'), undefined)
      assert.deepEqual((await store.put(ns, documentDraft('a', 'one'))).outcome, 'created', 'unswept')
      assert.deepEqual((await store.get(ns, 'a'))?.metadata, {})
    }),
  )
  it(
    'keeps how a text was cut',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('a', 'one', { chunking: 'lines' }))
      await store.put(ns, documentDraft('b', 'two', { chunking: { charsMax: 50 } }))
      const cut = (await store.list(ns)).map(({ chunking }) => chunking)
      assert.deepEqual(cut, ['lines', { charsMax: 50 }])
    }),
  )
  it(
    'lists in the order of ids, page by page, each namespace apart',
    on(open, async ({ store }) => {
      for (const id of ['b', 'c', 'a']) await store.put(ns, documentDraft(id, `text ${id}`))
      await store.put('other', documentDraft('a', 'elsewhere'))
      const ids = async (options: { after?: string; limit?: number }) =>
        (await store.list(ns, options)).map(({ id }) => id)
      assert.deepEqual(await ids({ limit: 2 }), ['a', 'b'])
      assert.deepEqual(await ids({ after: 'b' }), ['c'])
      assert.deepEqual(await store.namespaces(), ['global', 'other'])
      assert.deepEqual(await found(store, 'elsewhere'), [])
      assert.deepEqual(await found(store, 'elsewhere', {}, 'other'), ['a'])
      assert.deepEqual(await store.list('nobody'), [])
    }),
  )
  it(
    'gives chunks with exact spans, and those around one',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('a', 'first line\nsecond line\nthird one'))
      const around = await store.span(ns, 'a', -3, 1)
      assert.deepEqual(
        around.map(({ ordinal, text, start, end, document }) => [
          ordinal,
          text,
          document.text.slice(start, end),
        ]),
        [
          [0, 'first line', 'first line'],
          [1, 'second line', 'second line'],
        ],
      )
      assert.deepEqual(await store.span(ns, 'nobody', 0, 9), [])
      const { documents, chunks, characters } = await store.stats(ns)
      assert.deepEqual([documents, chunks, characters], [1, 3, 32])
    }),
  )
}

const duplicates = (open: OpenKnowledge) => {
  it(
    'stores the same content once, and each name keeps what is its own',
    on(open, async ({ store }) => {
      const put = (id: string, more: Partial<DocumentDraft> = {}) =>
        store.put(ns, documentDraft(id, 'same text', { ...vectors(1, 0), ...more }))
      await put('a', { metadata: { from: 'a' }, source: 'f' })
      assert.deepEqual(await put('b', { metadata: { from: 'b' } }), {
        outcome: 'duplicate',
        id: 'a',
        version: 1,
      })
      assert.equal((await put('b', { metadata: { from: 'b' } })).outcome, 'unchanged')
      assert.equal((await put('c', { subject: 's' })).outcome, 'created')
      const names = ['a', 'b', 'c'].map((id) => store.get(ns, id))
      assert.deepEqual(
        (await Promise.all(names)).map((each) => [each?.id, each?.metadata, each?.source, each?.subject]),
        [
          ['a', { from: 'a' }, 'f', undefined],
          ['b', { from: 'b' }, undefined, undefined],
          ['c', {}, undefined, 's'],
        ],
      )
      const { documents, chunks, characters, vectors: kept } = await store.stats(ns)
      assert.deepEqual([documents, chunks, characters, kept], [3, 1, 9, [{ embedder: 'e', vectors: 1 }]])
      assert.equal((await store.lexical(ns, ['same'], { limit: 9 })).candidates.length, 1)
      assert.deepEqual(
        (await store.list(ns)).map(({ id }) => id),
        ['a', 'b', 'c'],
      )
      for (const id of ['a', 'b']) {
        const filter = { metadata: { from: id } }
        assert.deepEqual(
          [await found(store, 'same', filter), await near(store, [1, 0], filter)],
          [[id], [id]],
        )
        assert.deepEqual(
          (await store.span(ns, id, 0, 9)).map(({ document }) => document.id),
          [id],
        )
      }
      assert.equal(await store.remove(ns, { ids: ['a'] }), 1)
      assert.deepEqual([await store.get(ns, 'a'), (await store.get(ns, 'b'))?.id], [undefined, 'b'])
      assert.deepEqual(await found(store, 'same'), ['b', 'c'])
      assert.equal(await store.remove(ns, { subject: 's' }), 1)
      assert.deepEqual([await found(store, 'same'), await near(store, [1, 0])], [['b'], ['b']])
      assert.equal(await store.remove(ns, { ids: ['b', 'nobody'] }), 1)
      assert.deepEqual([await found(store, 'same'), (await store.stats(ns)).chunks], [[], 0])
      assert.equal((await put('d')).outcome, 'created')
    }),
  )
  it(
    'gives a chunk that names share once for each group: by the name that was changed last and fits',
    on(open, async ({ store, clock }) => {
      const put = (id: string, more: Partial<DocumentDraft> = {}) => {
        clock.advance(1)
        return store.put(ns, documentDraft(id, 'same text', more))
      }
      for (const id of ['a', 'b', 'c']) await put(id, { metadata: { from: id } })
      await put('s', { subject: 's' })
      await put('b', { metadata: { from: 'b', seen: true } })
      const chunk = (await store.lexical(ns, ['same'], { limit: 9 })).candidates[0]?.chunk ?? 0
      const given = async (filter?: KnowledgeFilter) =>
        (await store.chunks(ns, [chunk], filter && { filter })).map(({ document, also }) => [
          document.id,
          also,
        ])
      assert.deepEqual(await given(), [
        ['b', ['c', 'a']],
        ['s', undefined],
      ])
      assert.deepEqual(await given({ subject: 's' }), [['s', undefined]])
      assert.deepEqual(await given({ ids: ['a', 'c'] }), [['c', ['a']]])
      assert.deepEqual(await given({ ids: ['nobody'] }), [])
    }),
  )
  it(
    'lets every name end at its own time',
    on(open, async ({ store, clock }) => {
      await store.put(
        ns,
        documentDraft('brief', 'same text', { expiresAt: clock.now() + 50, ...vectors(1, 0) }),
      )
      await store.put(ns, documentDraft('lasting', 'same text', vectors(1, 0)))
      clock.advance(50)
      const left = async () => {
        assert.equal(await store.get(ns, 'brief'), undefined)
        assert.equal((await store.get(ns, 'lasting'))?.text, 'same text')
        assert.deepEqual([await found(store, 'same'), await near(store, [1, 0])], [['lasting'], ['lasting']])
        const { documents, chunks } = await store.stats(ns)
        assert.deepEqual([documents, chunks], [1, 1])
      }
      await left()
      assert.equal(await store.sweep(), 1)
      await left()
    }),
  )
  it(
    'leaves other names what they had when one changes, and keeps what says something else apart',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('a', 'same text'))
      await store.put(ns, documentDraft('b', 'same text'))
      assert.deepEqual(await store.put(ns, documentDraft('a', 'changed words')), {
        outcome: 'updated',
        id: 'a',
        version: 2,
      })
      const [a, b] = [await store.get(ns, 'a'), await store.get(ns, 'b')]
      assert.deepEqual([a?.text, b?.text, b?.version], ['changed words', 'same text', 1])
      assert.notEqual(a?.group, b?.group)
      assert.deepEqual([await found(store, 'same'), await found(store, 'changed')], [['b'], ['a']])
      assert.equal((await store.put(ns, documentDraft('b', 'changed words'))).outcome, 'updated')
      assert.equal((await store.get(ns, 'b'))?.group, a?.group)
      assert.deepEqual([await found(store, 'same'), (await store.stats(ns)).chunks], [[], 1])
    }),
  )
  it(
    'finds documents that share a band key, of the same subject only',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('a', 'x', { bands: ['k1', 'k2'] }))
      await store.put(ns, documentDraft('b', 'y', { bands: ['k2'], subject: 's' }))
      await store.put(ns, documentDraft('c', 'x', { bands: ['k1', 'k2'] }))
      const alike = async (bands: string[], subject?: string) =>
        (await store.alike(ns, bands, subject)).map(({ id }) => id)
      assert.deepEqual(await alike(['k2', 'k9']), ['a'])
      assert.deepEqual(await alike(['k2'], 's'), ['b'])
      await store.remove(ns, { ids: ['a'] })
      assert.deepEqual(await alike(['k1', 'k2']), ['c'])
      await store.remove(ns, { ids: ['c'] })
      assert.deepEqual(await alike(['k1', 'k2']), [])
    }),
  )
  it(
    'forgets all of a subject',
    on(open, async ({ store }) => {
      for (let i = 0; i < 5; i++) await store.put(ns, documentDraft(`s${i}`, `note ${i}`, { subject: 's' }))
      await store.put(ns, documentDraft('t', 'note of another', { subject: 't' }))
      assert.equal(await store.remove(ns, { subject: 's' }), 5)
      assert.deepEqual(await found(store, 'note'), ['t'])
      assert.equal((await store.stats(ns)).chunks, 1)
    }),
  )
}

const words = (open: OpenKnowledge) => {
  it(
    'chooses the same candidates whatever other namespaces hold',
    on(open, async ({ store }) => {
      const vocabulary = 'a b c d e f g h'.split(' ')
      let state = 1
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return state / 2 ** 32
      }
      const text = (length: number) =>
        Array.from({ length }, () => vocabulary[Math.floor(random() ** 2 * vocabulary.length)]!).join(' ')
      for (let at = 0; at < 60; at++)
        await store.put(ns, documentDraft(`d${at}`, text(1 + Math.floor(30 * random() ** 2))))
      const chosen = () =>
        Promise.all(
          vocabulary.flatMap((first) =>
            vocabulary.map(async (second) => {
              const { candidates } = await store.lexical(ns, [first, second], { limit: 3 })
              return candidates.map(({ chunk }) => chunk)
            }),
          ),
        )
      const before = await chosen()
      for (let at = 0; at < 60; at++)
        await store.put('other', documentDraft(`o${at}`, text(300), { titleTerms: ['a', 'b'] }))
      assert.deepEqual(await chosen(), before)
    }),
  )

  it(
    'gives the terms of chunks and titles in order, and in how many each stands',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('a', 'red red blue', { titleTerms: ['red'], title: 'red' }))
      await store.put(ns, documentDraft('b', 'blue\ngreen'))
      await store.put('other', documentDraft('z', 'red'))
      const { chunks, frequencies, candidates, bodyLength, titleLength } = await store.lexical(
        ns,
        ['red', 'blue', 'none'],
        { limit: 10 },
      )
      assert.deepEqual([chunks, frequencies], [3, [1, 2, 0]])
      assert.deepEqual([bodyLength, titleLength], [5 / 3, 1 / 3])
      const [first] = candidates
      const [red, blue] = [hashTerm('red'), hashTerm('blue')]
      assert.deepEqual(
        [first?.terms, first?.bodyLength, first?.titleLength],
        [Uint32Array.of(red, sentenceEnd, red, red, blue, sentenceEnd), 3, 1],
      )
      assert.equal(candidates.length, 2)
      assert.equal((await store.lexical(ns, ['red', 'blue'], { limit: 1 })).candidates.length, 1)
      assert.deepEqual((await store.lexical(ns, [], { limit: 9 })).candidates, [])
    }),
  )
  it(
    'tells sentences apart, and gives chunks that are asked for beside those that are found',
    on(open, async ({ store }) => {
      const terms = ['red', 'blue', 'green']
      const chunks = [{ start: 0, end: 15, terms, sentenceEnds: [0, 1, 1, 3] }]
      await store.put(ns, documentDraft('a', 'red. blue green', { chunks }))
      await store.put(ns, documentDraft('b', 'green'))
      await store.put('other', documentDraft('z', 'red'))
      const { candidates: all } = await store.lexical(ns, ['green'], { limit: 9 })
      const [red, blue, green] = terms.map(hashTerm)
      const sequence = Uint32Array.of(sentenceEnd, red!, sentenceEnd, blue!, green!, sentenceEnd)
      assert.ok(all.some((each) => each.terms.join() === sequence.join()))
      const others = (await store.lexical('other', ['red'], { limit: 9 })).candidates
      const also = [...all, ...others].map(({ chunk }) => chunk)
      const { candidates } = await store.lexical(ns, ['red'], { limit: 9, also: [...also, 999] })
      const numbers = (some: typeof all) => some.map(({ chunk }) => chunk).sort()
      assert.deepEqual(numbers(candidates), numbers(all), 'each once, none of another namespace')
      assert.equal((await store.lexical(ns, [], { limit: 9, also })).candidates.length, 2)
    }),
  )
}

const filters = (open: OpenKnowledge) => {
  it(
    'finds only what the filter lets through, by words and by vector',
    on(open, async ({ store, clock }) => {
      const put = (id: string, more: Partial<DocumentDraft>) =>
        store.put(ns, documentDraft(id, `common ${id}`, { ...vectors(1, id.charCodeAt(0) / 200), ...more }))
      await put('a', { metadata: { kind: 'x', n: 1, tags: ['p', 'q'], ok: true }, subject: 's' })
      clock.advance(100)
      await put('b', { metadata: { kind: 'y', n: 2.5, none: null }, source: 'f' })
      await put('c', { metadata: { n: '2', ok: 1, deep: { kind: 'x' } }, modality: 'image' })
      const cases: [KnowledgeFilter, string[]][] = [
        [{ metadata: { kind: 'x' } }, ['a']],
        [{ metadata: { tags: 'q' } }, ['a']],
        [{ metadata: { ok: true } }, ['a']],
        [{ metadata: { ok: 1 } }, ['c']],
        [{ metadata: { none: null } }, ['b']],
        [{ metadata: { n: { gte: 1, lte: 2 } } }, ['a']],
        [{ metadata: { n: { gte: 1 } } }, ['a', 'b']],
        [{ metadata: { n: { in: [1, '2'] } } }, ['a', 'c']],
        [{ metadata: { deep: 'x' } }, []],
        [{ metadata: { n: {} } }, ['a', 'b', 'c']],
        [{ metadata: { kind: 'x', n: 2 } }, []],
        [{ metadata: { toString: 'x' } }, []],
        [{ subject: 's' }, ['a']],
        [{ source: 'f' }, ['b']],
        [{ modality: 'image' }, ['c']],
        [{ ids: ['c', 'a', 'zz'] }, ['a', 'c']],
        [{ to: clock.now() - 1 }, ['a']],
        [{ from: clock.now() }, ['b', 'c']],
      ]
      for (const [filter, expected] of cases) {
        assert.deepEqual(await found(store, 'common', filter), expected, JSON.stringify(filter))
        assert.deepEqual((await near(store, [1, 0], filter)).sort(), expected, JSON.stringify(filter))
      }
    }),
  )
}

const vectorSearch = (open: OpenKnowledge) => {
  it(
    'finds the nearest of one embedder, at once and until they go',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('x', 'a', vectors(1, 0, 0)))
      await store.put(ns, documentDraft('y', 'b', vectors(0, 1, 0)))
      await store.put(ns, documentDraft('z', 'c'))
      assert.deepEqual(await near(store, [0.9, 0.1, 0]), ['x', 'y'])
      const [missing, ...none] = await store.unembedded(ns, 'e', { after: 0, limit: 9 })
      assert.deepEqual([missing?.text, none], ['c', []])
      const values = Float32Array.of(1, 0.1, 0)
      assert.equal(
        await store.addVectors(ns, 'e', [
          { chunk: missing!.chunk, values },
          { chunk: 1e6, values },
        ]),
        1,
      )
      assert.deepEqual(await near(store, [1, 0.1, 0]), ['z', 'x', 'y'])
      assert.deepEqual(await near(store, [1, 0, 0], {}, 'other'), [])
      assert.deepEqual(await store.embedders(ns), ['e'])
      const [kept, absent] = await store.vectors(ns, 'e', [missing!.chunk, 1e6])
      assert.deepEqual([kept, absent], [values, undefined])
      await store.put(ns, documentDraft('x', 'changed', vectors(0, 0, 1)))
      assert.deepEqual(await near(store, [0, 0, 1], { ids: ['x'] }), ['x'])
      assert.equal((await near(store, [1, 0, 0]))[0], 'z')
      await store.remove(ns, { ids: ['z'] })
      assert.deepEqual((await near(store, [1, 0, 0])).sort(), ['x', 'y'])
      assert.deepEqual((await store.stats(ns)).vectors, [{ embedder: 'e', vectors: 2 }])
      assert.equal(await store.dropVectors(ns, 'e'), 2)
      assert.deepEqual([await near(store, [1, 0, 0]), await store.embedders(ns)], [[], []])
      assert.equal((await store.unembedded(ns, 'e', { after: 0, limit: 9 })).length, 2)
    }),
  )
  it(
    'refuses a vector of another length than those of its embedder, and stores nothing of it',
    on(open, async ({ store }) => {
      const refused = { code: 'input.invalid', message: /it has 3 numbers, those there 2/ }
      await store.put(ns, documentDraft('a', 'one', vectors(1, 0)))
      await assert.rejects(store.put(ns, documentDraft('b', 'two', vectors(1, 0, 0))), refused)
      assert.deepEqual([await store.get(ns, 'b'), await found(store, 'two')], [undefined, []])
      await store.put(ns, documentDraft('b', 'two'))
      const [{ chunk } = { chunk: 0 }] = await store.unembedded(ns, 'e', { after: 0, limit: 1 })
      const values = Float32Array.of(1, 2, 3)
      await assert.rejects(store.addVectors(ns, 'e', [{ chunk, values }]), refused)
      await assert.rejects(store.nearest(ns, values, { embedder: 'e', limit: 1 }), refused)
      await store.put('other', documentDraft('a', 'one', vectors(1, 0, 0)))
      await store.put(ns, documentDraft('a', 'changed', vectors(1, 0, 0)))
      assert.deepEqual(await near(store, [1, 0, 0]), ['a'], 'the only one there may become longer')
    }),
  )
  it(
    'says what the vectors of one embedder have in common, as they come, change and go',
    on(open, async ({ store }) => {
      const centre = async () => {
        const { mean, count } = (await store.centre(ns, 'e')) ?? { mean: [], count: 0 }
        return [count, ...Array.from(mean, (value) => Math.round(value * 100) / 100)]
      }
      assert.equal(await store.centre(ns, 'e'), undefined)
      await store.put(ns, documentDraft('x', 'a', vectors(2, 0)))
      await store.put(ns, documentDraft('y', 'b', vectors(0, 3)))
      assert.deepEqual(await centre(), [2, 0.5, 0.5])
      await store.put(ns, documentDraft('y', 'changed', vectors(-1, 0)))
      assert.deepEqual(await centre(), [2, 0, 0])
      await store.remove(ns, { ids: ['y'] })
      assert.deepEqual(await centre(), [1, 1, 0])
      assert.equal(await store.centre('other', 'e'), undefined)
      await store.dropVectors(ns, 'e')
      assert.equal(await store.centre(ns, 'e'), undefined)
    }),
  )
}

const expiry = (open: OpenKnowledge) => {
  it(
    'returns nothing past its expiry, swept or not',
    on(open, async ({ store, clock }) => {
      const expiresAt = clock.now() + 1000
      await store.put(ns, documentDraft('a', 'brief words', { expiresAt, bands: ['k'], ...vectors(1, 0) }))
      await store.put(ns, documentDraft('b', 'lasting words', vectors(0.9, 0.1)))
      assert.deepEqual(await found(store, 'words'), ['a', 'b'])
      assert.equal(await store.sweep(), 0)
      clock.advance(1000)
      const gone = async () => {
        assert.deepEqual(await found(store, 'words'), ['b'])
        assert.deepEqual(await near(store, [1, 0]), ['b'])
        assert.equal(await store.get(ns, 'a'), undefined)
        assert.deepEqual(await store.span(ns, 'a', 0, 9), [])
        assert.deepEqual(await store.alike(ns, ['k'], undefined), [])
        assert.deepEqual(
          (await store.list(ns)).map(({ id }) => id),
          ['b'],
        )
        const { documents, chunks } = await store.stats(ns)
        assert.deepEqual([documents, chunks], [1, 1])
      }
      await gone()
      assert.equal(await store.sweep(), 1)
      await gone()
      assert.equal((await store.put(ns, documentDraft('a', 'anew'))).outcome, 'created')
    }),
  )
}

const hostile = (open: OpenKnowledge) => {
  const terms = [
    '"',
    '*',
    'AND',
    'NEAR(a b)',
    'title:x',
    "'; DROP TABLE words;--",
    '\0',
    'ä',
    '数据',
    '_',
    'x'.repeat(5000),
    '\ud800',
    '^a',
    '-',
    '',
  ]
  it(
    'takes any term for a word and nothing else',
    on(open, async ({ store }) => {
      await store.put(
        ns,
        documentDraft('a', 'a b title x', { chunks: [{ start: 0, end: 1, terms: ['harmless', 'ä'] }] }),
      )
      for (const term of terms) {
        const { candidates } = await store.lexical(ns, [term], { limit: 5 })
        assert.equal(candidates.length, term === 'ä' ? 1 : 0, JSON.stringify(term.slice(0, 20)))
      }
      await store.put(
        ns,
        documentDraft('b', 'all', { chunks: [{ start: 0, end: 3, terms: terms.filter(Boolean) }] }),
      )
      for (const term of terms.filter(Boolean))
        assert.deepEqual(
          (await store.lexical(ns, [term], { limit: 5 })).candidates.length,
          term === 'ä' ? 2 : 1,
        )
    }),
  )
  it(
    'keeps ids, namespaces, texts and metadata of any characters',
    on(open, async ({ store }) => {
      const odd = `NUL \0 quote " ' % _ emoji 🎉 ${'x'.repeat(10)}`
      const draft = documentDraft(odd, odd, { metadata: { [odd]: odd }, title: odd, source: odd })
      await store.put(odd, draft)
      const kept = await store.get(odd, odd)
      assert.deepEqual([kept?.text, kept?.metadata, kept?.title], [odd, { [odd]: odd }, odd])
      assert.equal(await store.remove(odd, { ids: [odd] }), 1)
    }),
  )
  it(
    'refuses a filter that names no plain member, or takes it for one that is not there',
    on(open, async ({ store }) => {
      await store.put(ns, documentDraft('a', 'word'))
      const filter = { metadata: { '"] OR 1=1': 1 } }
      const answer = await store.lexical(ns, ['word'], { limit: 5, filter }).catch((error) => error.code)
      assert.ok(answer === 'input.invalid' || answer.candidates.length === 0)
    }),
  )
}
