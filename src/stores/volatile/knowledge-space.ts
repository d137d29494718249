import type { Clock } from '../../ports/clock.ts'
import {
  type DocumentDraft,
  documentFits,
  groupOfDraft,
  type KnowledgeDocument,
  type KnowledgeFilter,
  type KnowledgeStats,
  type Put,
  type StoredChunk,
} from '../../ports/knowledge-store.ts'
import { byCodePoint } from '../order.ts'
import { type Chunk, type Content, Contents, type Kept } from './knowledge-contents.ts'

const own = ({ metadata, subject, source, expiresAt }: KnowledgeDocument | DocumentDraft): string =>
  JSON.stringify([metadata, subject ?? null, source ?? null, expiresAt ?? null])

const stored = (
  number: number,
  { ordinal, start, end }: Chunk,
  document: KnowledgeDocument,
): StoredChunk => ({
  chunk: number,
  ordinal,
  start,
  end,
  text: document.text.slice(start, end),
  document: structuredClone(document),
})

/** The documents of one namespace; those with the same content share it. */
export class KnowledgeSpace {
  readonly contents: Contents
  readonly #documents = new Map<string, Kept>()
  readonly #clock: Clock

  constructor(clock: Clock, nextNumber: () => number) {
    this.#clock = clock
    this.contents = new Contents(nextNumber)
  }

  isLive({ document }: Kept): boolean {
    return document.expiresAt === undefined || document.expiresAt > this.#clock.now()
  }

  /** Those that have not expired. */
  live(): Kept[] {
    return this.all().filter((kept) => this.isLive(kept))
  }

  all(): Kept[] {
    return [...this.#documents.values()]
  }

  get(id: string): Kept | undefined {
    const kept = this.#documents.get(id)
    return kept !== undefined && this.isLive(kept) ? kept : undefined
  }

  /** Takes one name away, and its content when it was the last. */
  drop(kept: Kept): void {
    this.#documents.delete(kept.document.id)
    kept.content.names.delete(kept)
    if (kept.content.names.size === 0) this.contents.drop(kept.content)
  }

  put(draft: DocumentDraft): Put {
    const { id, subject } = draft
    const found = this.#documents.get(id)
    const before = this.get(id)
    const same = before?.content.hash === draft.hash
    if (same && own(before.document) === own(draft))
      return { outcome: 'unchanged', id, version: before.document.version }
    const content = this.#contentOf(draft, found)
    const twin = [...content.names].find(
      (each) => each.document.id !== id && each.document.subject === subject && this.isLive(each),
    )?.document
    const kept = same && before.document.subject === subject ? before.document.group : undefined
    const group = kept ?? twin?.group ?? groupOfDraft(draft)
    const document = this.#documentOf(draft, group, before?.document)
    if (!same && before !== undefined) document.version++
    const next = { document, content }
    // Added first: a content whose only name is replaced stays.
    content.names.add(next)
    if (found !== undefined) this.drop(found)
    this.#documents.set(id, next)
    const { version } = document
    if (before !== undefined) return { outcome: 'updated', id, version }
    return twin === undefined
      ? { outcome: 'created', id, version }
      : { outcome: 'duplicate', id: twin.id, version }
  }

  #contentOf(draft: DocumentDraft, replaced: Kept | undefined): Content {
    const known = this.contents.get(draft.hash)
    if (known !== undefined) return known
    const alone = replaced?.content.names.size === 1
    this.contents.checkVectors(draft.vectors ?? [], alone ? replaced.content.chunks : [])
    return this.contents.add(draft)
  }

  #documentOf(draft: DocumentDraft, group: string, before?: KnowledgeDocument): KnowledgeDocument {
    const now = this.#clock.now()
    return {
      id: draft.id,
      modality: draft.modality,
      ...(draft.title === undefined ? {} : { title: draft.title }),
      text: draft.text,
      metadata: structuredClone(draft.metadata),
      ...(draft.subject === undefined ? {} : { subject: draft.subject }),
      ...(draft.source === undefined ? {} : { source: draft.source }),
      at: before?.at ?? now,
      updatedAt: now,
      ...(draft.expiresAt === undefined ? {} : { expiresAt: draft.expiresAt }),
      version: before?.version ?? 1,
      group,
      ...(draft.chunking === undefined ? {} : { chunking: structuredClone(draft.chunking) }),
    }
  }

  /** Names of a content that have not expired and fit. */
  #fitting(content: Content | undefined, filter: KnowledgeFilter): Kept[] {
    return [...(content?.names ?? [])].filter(
      (kept) => this.isLive(kept) && documentFits(kept.document, filter),
    )
  }

  fits(filter: KnowledgeFilter): (chunk: number) => boolean {
    return (number) => this.#fitting(this.contents.chunks.get(number)?.content, filter).length > 0
  }

  /** A chunk once for every group: the name changed last stands for it. */
  chunk(number: number, filter: KnowledgeFilter): StoredChunk[] {
    const chunk = this.contents.chunks.get(number)
    if (chunk === undefined) return []
    const groups = new Map<string, StoredChunk>()
    const names = this.#fitting(chunk.content, filter)
    for (const { document } of names.sort((a, b) => b.document.updatedAt - a.document.updatedAt)) {
      const first = groups.get(document.group)
      if (first === undefined) groups.set(document.group, stored(number, chunk, document))
      else first.also = [...(first.also ?? []), document.id]
    }
    return [...groups.values()]
  }

  span(id: string, from: number, to: number): StoredChunk[] {
    const kept = this.get(id)
    return (kept?.content.chunks ?? [])
      .slice(Math.max(0, from), to + 1)
      .map((number) => stored(number, this.contents.chunks.get(number)!, kept!.document))
  }

  unembedded(embedder: string, { after, limit }: { after: number; limit: number }) {
    return [...this.contents.chunks]
      .filter(([number, { vectors }]) => number > after && !vectors.has(embedder))
      .flatMap(([number, { content, start, end }]) => {
        const document = this.#liveTextOf(content)
        if (document === undefined) return []
        const title = document.title === undefined ? '' : `${document.title}. `
        return [{ chunk: number, text: `${title}${document.text.slice(start, end)}` }]
      })
      .slice(0, limit)
  }

  #liveTextOf({ names }: Content): KnowledgeDocument | undefined {
    return [...names].find((kept) => this.isLive(kept) && kept.document.modality === 'text')?.document
  }

  stats(): KnowledgeStats {
    const live = this.live()
    const contents = new Map(live.map(({ content, document }) => [content, document.text.length]))
    const vectors = new Map<string, number>()
    for (const chunk of this.contents.chunks.values())
      for (const embedder of chunk.vectors.keys()) vectors.set(embedder, (vectors.get(embedder) ?? 0) + 1)
    return {
      documents: live.length,
      chunks: [...contents.keys()].reduce((sum, { chunks }) => sum + chunks.length, 0),
      characters: [...contents.values()].reduce((sum, length) => sum + length, 0),
      vectors: [...vectors]
        .sort(([a], [b]) => byCodePoint(a, b))
        .map(([embedder, count]) => ({ embedder, vectors: count })),
    }
  }
}
