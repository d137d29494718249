import { asJson, type JsonObject } from '../../../domain/json.ts'
import { termSequence } from '../../../domain/text/term-sequence.ts'
import type { DocumentDraft, KnowledgeDocument, Modality, Put } from '../../../ports/knowledge-store.ts'
import type { Connection, Row, Value } from '../connection.ts'
import { wordOf } from './lexical.ts'
import { blobOf } from './vectors.ts'

export const documentColumns =
  'd.id, d.modality, d.title, d.text, d.metadata, d.subject, d.source, d.at, d.updated_at, d.expires_at, d.version, d.family'

/** A document from its columns, the first being number `from` of the row. */
export const documentOf = (row: Row, from = 0): KnowledgeDocument => {
  const [id, modality, title, text, metadata, subject, source, at, updatedAt, expiresAt, version, group] =
    row.slice(from)
  return {
    id: String(id),
    modality: String(modality) as Modality,
    ...(title === null ? {} : { title: String(title) }),
    text: String(text),
    metadata: JSON.parse(String(metadata)) as JsonObject,
    ...(subject === null ? {} : { subject: String(subject) }),
    ...(source === null ? {} : { source: String(source) }),
    at: Number(at),
    updatedAt: Number(updatedAt),
    ...(expiresAt === null ? {} : { expiresAt: Number(expiresAt) }),
    version: Number(version),
    group: String(group),
  }
}

/** Chunks that went with a transaction: their vectors are no longer to be found. */
export type Removed = { namespace: number; chunks: number[] }

/** Writing of documents; every method runs inside the committer's transaction. */
export const documentTable = (connection: Connection) => {
  const { run, get, all } = connection

  const pkOf = (namespace: number, id: string): number | undefined => {
    const row =
      get('SELECT pk FROM documents WHERE namespace = ? AND id = ?', namespace, id) ??
      get('SELECT document FROM aliases WHERE namespace = ? AND id = ?', namespace, id)
    return row === undefined ? undefined : Number(row[0])
  }

  const dropContent = (namespace: number, pk: number): Removed => {
    const rows = all('SELECT id, body_terms, title_terms FROM chunks WHERE document = ?', pk)
    let [body, title] = [0, 0]
    for (const [chunk, bodyTerms, titleTerms] of rows) {
      run('DELETE FROM words WHERE rowid = ?', Number(chunk))
      run('DELETE FROM vectors WHERE chunk = ?', Number(chunk))
      body += Number(bodyTerms)
      title += Number(titleTerms)
    }
    run('DELETE FROM chunks WHERE document = ?', pk)
    const bands = String(get('SELECT bands FROM documents WHERE pk = ?', pk)?.[0] ?? '')
    for (const key of bands.split(' ').filter((key) => key !== ''))
      run('DELETE FROM bands WHERE namespace = ? AND key = ? AND document = ?', namespace, key, pk)
    run(
      `UPDATE namespaces SET chunks = chunks - ?, body_terms = body_terms - ?, title_terms = title_terms - ?, removals = removals + 1
       WHERE id = ?`,
      ...[rows.length, body, title, namespace],
    )
    return { namespace, chunks: rows.map(([chunk]) => Number(chunk)) }
  }

  const addContent = (namespace: number, pk: number, draft: DocumentDraft): number[] => {
    const { titleTerms } = draft
    const title = titleTerms.map((term) => wordOf(namespace, term)).join(' ')
    const numbers: number[] = []
    let terms = 0
    for (const [ordinal, chunk] of draft.chunks.entries()) {
      const row = get(
        `INSERT INTO chunks(namespace, document, ordinal, start, end, body_terms, title_terms, terms)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
        ...[namespace, pk, ordinal, chunk.start, chunk.end, chunk.terms.length, titleTerms.length],
        blobOf(termSequence(titleTerms, chunk.terms, chunk.sentenceEnds)),
      )
      const id = Number(row?.[0])
      numbers.push(id)
      terms += chunk.terms.length
      const body = chunk.terms.map((term) => wordOf(namespace, term)).join(' ')
      run('INSERT INTO words(rowid, title, body) VALUES(?, ?, ?)', id, title, body)
    }
    for (const key of new Set(draft.bands))
      run('INSERT OR IGNORE INTO bands(namespace, key, document) VALUES(?, ?, ?)', namespace, key, pk)
    run(
      'UPDATE namespaces SET chunks = chunks + ?, body_terms = body_terms + ?, title_terms = title_terms + ? WHERE id = ?',
      ...[numbers.length, terms, titleTerms.length * numbers.length, namespace],
    )
    return numbers
  }

  const columnsOf = (draft: DocumentDraft): Value[] => [
    ...[draft.modality, draft.title ?? null, draft.text, JSON.stringify(asJson(draft.metadata))],
    ...[draft.subject ?? null, draft.source ?? null, draft.expiresAt ?? null],
    ...[draft.group ?? draft.id, draft.hash, [...new Set(draft.bands)].join(' ')],
  ]

  /** `chunks` are the numbers of the new chunks, none when the content stayed. */
  const put = (
    namespace: number,
    draft: DocumentDraft,
    now: number,
  ): { put: Put; chunks: number[]; removed?: Removed } => {
    const pk = pkOf(namespace, draft.id)
    if (pk === undefined) {
      const same = get(
        'SELECT pk, id, version FROM documents WHERE namespace = ? AND hash = ? AND subject IS ? LIMIT 1',
        ...[namespace, draft.hash, draft.subject ?? null],
      )
      if (same !== undefined) {
        run(
          'INSERT INTO aliases(namespace, id, document) VALUES(?, ?, ?)',
          namespace,
          draft.id,
          Number(same[0]),
        )
        return { put: { outcome: 'duplicate', id: String(same[1]), version: Number(same[2]) }, chunks: [] }
      }
      const made = get(
        `INSERT INTO documents(modality, title, text, metadata, subject, source, expires_at, family, hash, bands,
           namespace, id, at, updated_at, version) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING pk`,
        ...[...columnsOf(draft), namespace, draft.id, now, now],
      )
      const chunks = addContent(namespace, Number(made?.[0]), draft)
      return { put: { outcome: 'created', id: draft.id, version: 1 }, chunks }
    }
    return replace(namespace, pk, draft, now)
  }

  const replace = (namespace: number, pk: number, draft: DocumentDraft, now: number) => {
    const [id, hash, version, metadata, expiresAt] =
      get('SELECT id, hash, version, metadata, expires_at FROM documents WHERE pk = ?', pk) ?? []
    const before = Number(version)
    const primary = String(id)
    if (hash === draft.hash) {
      const json = JSON.stringify(asJson(draft.metadata))
      const outcome = primary === draft.id ? ('unchanged' as const) : ('duplicate' as const)
      if (outcome === 'unchanged' && (metadata !== json || expiresAt !== (draft.expiresAt ?? null)))
        run(
          'UPDATE documents SET metadata = ?, expires_at = ?, updated_at = ? WHERE pk = ?',
          json,
          draft.expiresAt ?? null,
          now,
          pk,
        )
      return { put: { outcome, id: primary, version: before }, chunks: [] }
    }
    if (primary !== draft.id) {
      // A further name that now says something else becomes a document of its own.
      run('DELETE FROM aliases WHERE namespace = ? AND id = ?', namespace, draft.id)
      return put(namespace, draft, now)
    }
    const heir = get('SELECT id FROM aliases WHERE document = ? ORDER BY id LIMIT 1', pk)
    if (heir !== undefined) {
      // Its other names keep what they had.
      rename(namespace, pk, String(heir[0]))
      return put(namespace, draft, now)
    }
    const removed = dropContent(namespace, pk)
    run(
      `UPDATE documents SET modality = ?, title = ?, text = ?, metadata = ?, subject = ?, source = ?, expires_at = ?,
         family = ?, hash = ?, bands = ?, updated_at = ?, version = ? WHERE pk = ?`,
      ...[...columnsOf(draft), now, before + 1, pk],
    )
    const chunks = addContent(namespace, pk, draft)
    return { put: { outcome: 'updated' as const, id: draft.id, version: before + 1 }, chunks, removed }
  }

  const rename = (namespace: number, pk: number, heir: string): void => {
    run('DELETE FROM aliases WHERE namespace = ? AND id = ?', namespace, heir)
    run('UPDATE documents SET id = ? WHERE pk = ?', heir, pk)
  }

  const drop = (namespace: number, pk: number): Removed => {
    const removed = dropContent(namespace, pk)
    run('DELETE FROM aliases WHERE document = ?', pk)
    run('DELETE FROM documents WHERE pk = ?', pk)
    return removed
  }

  /** Takes one name away. */
  const removeName = (namespace: number, id: string): { names: number; removed?: Removed } => {
    const { changes } = run('DELETE FROM aliases WHERE namespace = ? AND id = ?', namespace, id)
    if (Number(changes) > 0) return { names: 1 }
    const pk = pkOf(namespace, id)
    if (pk === undefined) return { names: 0 }
    const heir = get('SELECT id FROM aliases WHERE document = ? ORDER BY id LIMIT 1', pk)
    if (heir === undefined) return { names: 1, removed: drop(namespace, pk) }
    rename(namespace, pk, String(heir[0]))
    return { names: 1 }
  }

  return { pkOf, put, removeName, drop }
}
