import type { Schema } from '../connection.ts'

/**
 * `knowledge.db`: a file of its own, so that ingestion never holds the lock that steps commit under. `words` is FTS5 over stems that the core made:
 * each word is prefixed with its namespace's number, so that every namespace has posting lists and frequencies of its own.
 * It keeps its content because only then FTS5 can take a deleted document's words out of the index for good (`secure-delete`).
 */
export const knowledgeSchema: Schema = {
  /** "CCRK". */
  applicationId: 0x4343524b,
  migrations: [
    `
    CREATE TABLE namespaces(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      chunks INTEGER NOT NULL DEFAULT 0,
      body_terms INTEGER NOT NULL DEFAULT 0,
      title_terms INTEGER NOT NULL DEFAULT 0,
      removals INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE documents(
      pk INTEGER PRIMARY KEY AUTOINCREMENT,
      namespace INTEGER NOT NULL,
      id TEXT NOT NULL,
      modality TEXT NOT NULL,
      title TEXT,
      text TEXT NOT NULL,
      metadata TEXT NOT NULL,
      subject TEXT,
      source TEXT,
      at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      expires_at INTEGER,
      version INTEGER NOT NULL,
      family TEXT NOT NULL,
      hash TEXT NOT NULL,
      bands TEXT NOT NULL,
      UNIQUE(namespace, id)
    );
    CREATE INDEX documents_hash ON documents(namespace, hash);
    CREATE INDEX documents_subject ON documents(namespace, subject) WHERE subject IS NOT NULL;
    CREATE INDEX documents_expiry ON documents(expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE aliases(
      namespace INTEGER NOT NULL,
      id TEXT NOT NULL,
      document INTEGER NOT NULL,
      PRIMARY KEY(namespace, id)
    ) WITHOUT ROWID;
    CREATE INDEX aliases_document ON aliases(document);
    CREATE TABLE bands(
      namespace INTEGER NOT NULL,
      key TEXT NOT NULL,
      document INTEGER NOT NULL,
      PRIMARY KEY(namespace, key, document)
    ) WITHOUT ROWID;
    CREATE TABLE chunks(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      namespace INTEGER NOT NULL,
      document INTEGER NOT NULL,
      ordinal INTEGER NOT NULL,
      start INTEGER NOT NULL,
      end INTEGER NOT NULL,
      body_terms INTEGER NOT NULL,
      title_terms INTEGER NOT NULL,
      profile BLOB NOT NULL
    );
    CREATE UNIQUE INDEX chunks_document ON chunks(document, ordinal);
    CREATE INDEX chunks_namespace ON chunks(namespace, id);
    CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize = "ascii tokenchars '_'");
    INSERT INTO words(words, rank) VALUES('secure-delete', 1);
    CREATE VIRTUAL TABLE frequencies USING fts5vocab(words, 'row');
    CREATE TABLE embedders(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE vectors(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      namespace INTEGER NOT NULL,
      embedder INTEGER NOT NULL,
      chunk INTEGER NOT NULL,
      data BLOB NOT NULL,
      UNIQUE(chunk, embedder)
    );
    CREATE INDEX vectors_of ON vectors(namespace, embedder, id);
    `,
    // Term counts became terms in order, which rows of before get from `words` when they are read (lexical.ts).
    `
    ALTER TABLE chunks RENAME COLUMN profile TO terms;
    UPDATE chunks SET terms = x'';
    `,
    // Every name became a document with metadata, subject, source and expiry of its own; what names share is their content (docs/decisions/0018).
    `
    CREATE TABLE contents(
      pk INTEGER PRIMARY KEY AUTOINCREMENT,
      namespace INTEGER NOT NULL,
      hash TEXT NOT NULL,
      title TEXT,
      text TEXT NOT NULL,
      chunking TEXT,
      bands TEXT NOT NULL
    );
    INSERT INTO contents(pk, namespace, hash, title, text, bands) SELECT pk, namespace, hash, title, text, bands FROM documents;
    ALTER TABLE documents RENAME TO documents_before;
    CREATE TABLE documents(
      pk INTEGER PRIMARY KEY AUTOINCREMENT,
      namespace INTEGER NOT NULL,
      id TEXT NOT NULL,
      content INTEGER NOT NULL,
      modality TEXT NOT NULL,
      metadata TEXT NOT NULL,
      subject TEXT,
      source TEXT,
      at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      expires_at INTEGER,
      version INTEGER NOT NULL,
      family TEXT NOT NULL,
      UNIQUE(namespace, id)
    );
    INSERT INTO documents(namespace, id, content, modality, metadata, subject, source, at, updated_at, expires_at, version, family)
      SELECT namespace, id, pk, modality, metadata, subject, source, at, updated_at, expires_at, version, family FROM documents_before;
    INSERT INTO documents(namespace, id, content, modality, metadata, subject, source, at, updated_at, expires_at, version, family)
      SELECT a.namespace, a.id, d.pk, d.modality, d.metadata, d.subject, d.source, d.at, d.updated_at, d.expires_at, d.version, d.family
      FROM aliases a JOIN documents_before d ON d.pk = a.document;
    DROP TABLE documents_before;
    DROP TABLE aliases;
    CREATE INDEX contents_hash ON contents(namespace, hash);
    CREATE INDEX documents_content ON documents(content);
    CREATE INDEX documents_subject ON documents(namespace, subject) WHERE subject IS NOT NULL;
    CREATE INDEX documents_expiry ON documents(expires_at) WHERE expires_at IS NOT NULL;
    DROP INDEX chunks_document;
    ALTER TABLE chunks RENAME COLUMN document TO content;
    ALTER TABLE bands RENAME COLUMN document TO content;
    CREATE UNIQUE INDEX chunks_content ON chunks(content, ordinal);
    `,
  ],
}
