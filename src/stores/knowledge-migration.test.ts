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

it('makes a document of every further name that was written when names had nothing of their own', () =>
  inFolder(async (folder) => {
    const db = new DatabaseSync(join(folder, 'knowledge.db'))
    for (const migration of knowledgeSchema.migrations.slice(0, 2)) db.exec(migration)
    db.exec(`PRAGMA application_id = ${knowledgeSchema.applicationId}; PRAGMA user_version = 2`)
    db.exec(`INSERT INTO namespaces(id, name, chunks, body_terms, title_terms) VALUES(1, 'n', 1, 1, 0);
      INSERT INTO documents(namespace, id, modality, text, metadata, subject, at, updated_at, version, family, hash, bands)
        VALUES(1, 'a', 'text', 'red', '{"k":1}', 's', 5, 6, 2, 'a', 'h', 'band');
      INSERT INTO aliases(namespace, id, document) VALUES(1, 'b', 1);
      INSERT INTO bands(namespace, key, document) VALUES(1, 'band', 1);
      INSERT INTO chunks(namespace, document, ordinal, start, end, body_terms, title_terms, terms) VALUES(1, 1, 0, 0, 3, 1, 0, x'')`)
    db.prepare('INSERT INTO words(rowid, title, body) VALUES(1, ?, ?)').run('', wordOf(1, 'red'))
    db.close()

    const store = await sqliteKnowledge({ directory: folder, durability: 'process', clock: machineClock })
    const expected = { modality: 'text', text: 'red', metadata: { k: 1 }, subject: 's', at: 5, updatedAt: 6 }
    const documents = ['a', 'b'].map((id) => ({ id, ...expected, version: 2, group: 'a' }))
    assert.deepEqual(await store.list('n'), documents)
    assert.deepEqual(
      (await store.chunks('n', [1])).map(({ also }) => also),
      [['b']],
    )
    assert.deepEqual(
      (await store.alike('n', ['band'], 's')).map(({ id }) => id),
      ['a'],
    )
    assert.equal(await store.remove('n', { ids: ['a'] }), 1)
    assert.equal((await store.lexical('n', ['red'], { limit: 5 })).candidates.length, 1)
    assert.equal(await store.remove('n', { ids: ['b'] }), 1)
    assert.deepEqual((await store.stats('n')).chunks, 0)
    await store.close()
  }))
