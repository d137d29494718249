import { asJson, type JsonObject } from '../../../domain/json.ts'
import { termSequence } from '../../../domain/text/term-sequence.ts'
import {
  type Chunking,
  type DocumentDraft,
  groupOfDraft,
  type KnowledgeDocument,
  type Modality,
  type Put,
  type StoredChunk,
} from '../../../ports/knowledge-store.ts'
import type { Connection, Row, Value } from '../connection.ts'
import type { Where } from './filter.ts'
import { wordOf } from './lexical.ts'
import { blobOf, type Removed } from './vectors.ts'

const nameColumns =
  'd.id, d.modality, d.metadata, d.subject, d.source, d.at, d.updated_at, d.expires_at, d.version, d.family'
const contentColumns = 't.title, t.text, t.chunking'

/** A document is a name with what is its own, and a content that other names may share. */
export const documentTables = 'documents d JOIN contents t ON t.pk = d.content'
export const documentColumns = `${nameColumns}, ${contentColumns}`

/** A document from its columns, the first being number `from` of the row. */
export const documentOf = (row: Row, from = 0): KnowledgeDocument => {
  const [id, modality, metadata, subject, source, at, updatedAt, expiresAt, version, group, ...content] =
    row.slice(from)
  const [title, text, chunking] = content
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
    ...(chunking === null ? {} : { chunking: JSON.parse(String(chunking)) as Chunking }),
  }
}

const namesMax = 100

/** A chunk once for every group of names that fit: the name changed last stands for its group. At most 100 names are looked at. */
export const chunkReader =
  ({ get, all }: Pick<Connection, 'get' | 'all'>) =>
  /** `contents` are those read before: chunks of one document share its text. */
  (namespace: number, chunk: number, where: Where, contents: Map<number, Row>): StoredChunk[] => {
    const row = get(
      'SELECT c.ordinal, c.start, c.end, c.content FROM chunks c WHERE c.id = ? AND c.namespace = ?',
      ...[chunk, namespace],
    )
    if (row === undefined) return []
    const [ordinal, start, end, content] = row.map(Number)
    const names = all(
      `SELECT ${nameColumns} FROM documents d WHERE d.content = ? AND ${where.sql} ORDER BY d.updated_at DESC, d.pk LIMIT ${namesMax}`,
      ...[content!, ...where.values],
    )
    const columns =
      contents.get(content!) ?? get(`SELECT ${contentColumns} FROM contents t WHERE t.pk = ?`, content!)
    if (columns === undefined) return []
    contents.set(content!, columns)
    const groups = new Map<string, StoredChunk>()
    for (const name of names) {
      const document = documentOf([...name, ...columns])
      const first = groups.get(document.group)
      const text = document.text.slice(start!, end!)
      if (first === undefined)
        groups.set(document.group, { chunk, ordinal: ordinal!, start: start!, end: end!, text, document })
      else first.also = [...(first.also ?? []), document.id]
    }
    return [...groups.values()]
  }

/** Writing of documents; every method runs inside the committer's transaction. */
export const documentTable = (connection: Connection) => {
  const { run, get, all } = connection

  const dropContent = (namespace: number, content: number): Removed => {
    const rows = all('SELECT id, body_terms, title_terms FROM chunks WHERE content = ?', content)
    let [body, title] = [0, 0]
    for (const [chunk, bodyTerms, titleTerms] of rows) {
      run('DELETE FROM words WHERE rowid = ?', Number(chunk))
      run('DELETE FROM vectors WHERE chunk = ?', Number(chunk))
      body += Number(bodyTerms)
      title += Number(titleTerms)
    }
    run('DELETE FROM chunks WHERE content = ?', content)
    const bands = String(get('SELECT bands FROM contents WHERE pk = ?', content)?.[0] ?? '')
    for (const key of bands.split(' ').filter((key) => key !== ''))
      run('DELETE FROM bands WHERE namespace = ? AND key = ? AND content = ?', namespace, key, content)
    run('DELETE FROM contents WHERE pk = ?', content)
    run(
      `UPDATE namespaces SET chunks = chunks - ?, body_terms = body_terms - ?, title_terms = title_terms - ?, removals = removals + 1
       WHERE id = ?`,
      ...[rows.length, body, title, namespace],
    )
    return { namespace, chunks: rows.map(([chunk]) => Number(chunk)) }
  }

  /** A content goes with its last name. */
  const dropUnnamed = (namespace: number, content: number): Removed | undefined =>
    get('SELECT 1 FROM documents WHERE content = ? LIMIT 1', content) === undefined
      ? dropContent(namespace, content)
      : undefined

  const addContent = (namespace: number, draft: DocumentDraft): { content: number; chunks: number[] } => {
    const { titleTerms, chunking } = draft
    const keys = [...new Set(draft.bands)]
    const made = get(
      'INSERT INTO contents(namespace, hash, title, text, chunking, bands) VALUES(?, ?, ?, ?, ?, ?) RETURNING pk',
      ...[namespace, draft.hash, draft.title ?? null, draft.text],
      ...[chunking === undefined ? null : JSON.stringify(chunking), keys.join(' ')],
    )
    const content = Number(made?.[0])
    const title = titleTerms.map((term) => wordOf(namespace, term)).join(' ')
    const chunks: number[] = []
    let terms = 0
    for (const [ordinal, chunk] of draft.chunks.entries()) {
      const row = get(
        `INSERT INTO chunks(namespace, content, ordinal, start, end, body_terms, title_terms, terms)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
        ...[namespace, content, ordinal, chunk.start, chunk.end, chunk.terms.length, titleTerms.length],
        blobOf(termSequence(titleTerms, chunk.terms, chunk.sentenceEnds)),
      )
      const id = Number(row?.[0])
      chunks.push(id)
      terms += chunk.terms.length
      const body = chunk.terms.map((term) => wordOf(namespace, term)).join(' ')
      run('INSERT INTO words(rowid, title, body) VALUES(?, ?, ?)', id, title, body)
    }
    for (const key of keys)
      run('INSERT INTO bands(namespace, key, content) VALUES(?, ?, ?)', namespace, key, content)
    run(
      'UPDATE namespaces SET chunks = chunks + ?, body_terms = body_terms + ?, title_terms = title_terms + ? WHERE id = ?',
      ...[chunks.length, terms, titleTerms.length * chunks.length, namespace],
    )
    return { content, chunks }
  }

  const nameOf = (namespace: number, id: string) => {
    const row = get(
      `SELECT d.pk, d.content, d.version, d.expires_at, d.subject, d.family, t.hash, d.metadata, d.source FROM ${documentTables}
       WHERE d.namespace = ? AND d.id = ?`,
      ...[namespace, id],
    )
    if (row === undefined) return undefined
    const [pk, content, version] = row.map(Number)
    const [expiresAt, subject, family, hash, metadata, source] = row.slice(3)
    const own = JSON.stringify([metadata, subject, source, expiresAt])
    return { pk: pk!, content: content!, version: version!, expiresAt, subject, family, hash, own }
  }

  /** Chunks that go when the draft is put. */
  const leaving = (namespace: number, { id, hash }: DocumentDraft): number[] => {
    const before = nameOf(namespace, id)
    if (before === undefined || before.hash === hash) return []
    const names = get('SELECT count(*) FROM documents WHERE content = ?', before.content)?.[0]
    if (Number(names) > 1) return []
    return all('SELECT id FROM chunks WHERE content = ?', before.content).map(([chunk]) => Number(chunk))
  }

  /** The content of the draft: one that is there, or a new one; `chunks` are the numbers of the new one's. */
  const contentFor = (
    namespace: number,
    draft: DocumentDraft,
    own: number | undefined,
  ): { content: number; chunks: number[] } => {
    const row = get(
      'SELECT pk FROM contents WHERE namespace = ? AND hash = ? ORDER BY pk LIMIT 1',
      ...[namespace, draft.hash],
    )
    const content = own ?? row?.[0]
    return content === undefined ? addContent(namespace, draft) : { content: Number(content), chunks: [] }
  }

  /** `chunks` are the numbers of the new chunks, none when the content was there. */
  const put = (
    namespace: number,
    draft: DocumentDraft,
    now: number,
  ): { put: Put; chunks: number[]; removed?: Removed | undefined } => {
    const { id } = draft
    const found = nameOf(namespace, id)
    const expired = found?.expiresAt != null && Number(found.expiresAt) <= now
    if (expired) run('DELETE FROM documents WHERE pk = ?', found.pk)
    const before = expired ? undefined : found
    const same = before?.hash === draft.hash
    const { content, chunks } = contentFor(namespace, draft, same ? before?.content : undefined)
    const subject = draft.subject ?? null
    const twin = get(
      `SELECT id, family FROM documents WHERE content = ? AND subject IS ? AND id <> ? AND (expires_at IS NULL OR expires_at > ?)
       ORDER BY pk LIMIT 1`,
      ...[content, subject, id, now],
    )
    const kept = same && before?.subject === subject ? before.family : undefined
    const family = String(kept ?? twin?.[1] ?? groupOfDraft(draft))
    const metadata = JSON.stringify(asJson(draft.metadata))
    const own: Value[] = [metadata, subject, draft.source ?? null, draft.expiresAt ?? null]
    const finished = (outcome: Put['outcome'], version: number, name = id) => {
      const left = found === undefined || found.content === content ? undefined : found.content
      const removed = left === undefined ? undefined : dropUnnamed(namespace, left)
      return { put: { outcome, id: name, version }, chunks, removed }
    }
    if (before === undefined) {
      run(
        `INSERT INTO documents(metadata, subject, source, expires_at, namespace, id, content, modality, family, at, updated_at, version)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
        ...[...own, namespace, id, content, draft.modality, family, now, now],
      )
      return twin === undefined ? finished('created', 1) : finished('duplicate', 1, String(twin[0]))
    }
    if (same && JSON.stringify(own) === before.own) return finished('unchanged', before.version)
    const version = before.version + (same ? 0 : 1)
    run(
      `UPDATE documents SET metadata = ?, subject = ?, source = ?, expires_at = ?, content = ?, modality = ?, family = ?, updated_at = ?,
         version = ? WHERE pk = ?`,
      ...[...own, content, draft.modality, family, now, version, before.pk],
    )
    return finished('updated', version)
  }

  /** Takes one name away, and its content when it was the last. */
  const drop = (pk: number): Removed | undefined => {
    const [namespace, content] = get('SELECT namespace, content FROM documents WHERE pk = ?', pk) ?? []
    run('DELETE FROM documents WHERE pk = ?', pk)
    return dropUnnamed(Number(namespace), Number(content))
  }

  return { nameOf, leaving, put, drop }
}
