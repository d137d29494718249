import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { stems } from '../../src/domain/text/tokens.ts'
import { searchKnowledge } from '../../src/memory/knowledge/search.ts'
import { sqliteKnowledge } from '../../src/stores/sqlite/knowledge/store.ts'
import { machineClock } from '../../src/testing/clock.ts'
import type { Subject, SubjectOptions } from '../subject.ts'
import { zipfQuestions, zipfTexts } from './knowledge-data.ts'

const questions = zipfQuestions(200)

/** FTS5 as its manual shows it: the ten best of three terms by bm25. */
export const fts5 = async ({ documents }: SubjectOptions, directory: string): Promise<Subject> => {
  const db = new DatabaseSync(join(directory, 'floor.db'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384')
  db.exec('CREATE VIRTUAL TABLE texts USING fts5(title, body)')
  const insert = db.prepare('INSERT INTO texts(title, body) VALUES(?, ?)')
  db.exec('BEGIN')
  for (const { title, body } of zipfTexts(Number(documents))) insert.run(title, body)
  db.exec('COMMIT')
  const search = db.prepare('SELECT rowid, title, body FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 10')
  const match = (question: string) =>
    question
      .split(' ')
      .map((word) => `"${word}"`)
      .join(' OR ')
  let next = 0
  return {
    async run(times) {
      for (let i = 0; i < times; i++) search.all(match(questions[next++ % questions.length]!))
    },
    close: async () => db.close(),
  }
}

/** A whole search of Concord's knowledge by words: candidates, scores, documents. */
export const knowledge = async (
  { documents, precise }: SubjectOptions,
  directory: string,
): Promise<Subject> => {
  const store = await sqliteKnowledge({ directory, durability: 'process', clock: machineClock })
  const texts = zipfTexts(Number(documents))
  for (let from = 0; from < texts.length; from += 1000)
    await Promise.all(
      texts.slice(from, from + 1000).map(({ title, body }, at) =>
        store.put('bench', {
          id: `d${from + at}`,
          modality: 'text',
          title,
          text: body,
          metadata: {},
          hash: `${from + at}`,
          bands: [],
          titleTerms: stems(title),
          chunks: [{ start: 0, end: body.length, terms: stems(body) }],
        }),
      ),
    )
  let next = 0
  return {
    async run(times) {
      for (let i = 0; i < times; i++) {
        const text = questions[next++ % questions.length]!
        await searchKnowledge(store, 'bench', { text }, 0, { precise: precise === true })
      }
    },
    close: () => store.close(),
  }
}
