import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { termSequence } from '../domain/text/term-sequence.ts'
import { machineClock } from '../testing/clock.ts'
import { wordOf } from './sqlite/knowledge/lexical.ts'
import { knowledgeSchema } from './sqlite/knowledge/schema.ts'
import { sqliteKnowledge } from './sqlite/knowledge/store.ts'
import { inFolder } from './sqlite/temporary.test.ts'

it('finds documents that were written when chunks held counts of terms, not the terms', () =>
  inFolder(async (folder) => {
    const db = new DatabaseSync(join(folder, 'knowledge.db'))
    db.exec(knowledgeSchema.migrations[0]!)
    db.exec(`PRAGMA application_id = ${knowledgeSchema.applicationId}; PRAGMA user_version = 1`)
    const [title, body] = [['déjà'], ['red', 'p_53', 'red']]
    const words = (terms: readonly string[]) => terms.map((term) => wordOf(1, term)).join(' ')
    db.exec(`INSERT INTO namespaces(id, name, chunks, body_terms, title_terms) VALUES(1, 'n', 1, 3, 1);
      INSERT INTO documents(namespace, id, modality, title, text, metadata, at, updated_at, version, family, hash, bands)
        VALUES(1, 'a', 'text', 'Déjà', 'red p_53 red', '{}', 1, 1, 1, 'a', 'h', '');
      INSERT INTO chunks(namespace, document, ordinal, start, end, body_terms, title_terms, profile) VALUES(1, 1, 0, 0, 12, 3, 1, x'0102')`)
    db.prepare('INSERT INTO words(rowid, title, body) VALUES(1, ?, ?)').run(words(title), words(body))
    db.close()

    const store = await sqliteKnowledge({ directory: folder, durability: 'process', clock: machineClock })
    const { candidates } = await store.lexical('n', ['red'], { limit: 5 })
    assert.deepEqual(
      candidates.map(({ chunk, terms }) => [chunk, terms]),
      [[1, termSequence(title, body)]],
    )
    await store.close()
  }))
