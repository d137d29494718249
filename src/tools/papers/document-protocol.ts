import type { FileKind, Skipped } from './corpus-files.ts'
import type { Draft } from './document-text.ts'
import type { Paper } from './paper.ts'

/** One document to read: a file of a corpus, or the bytes of a PDF. */
export type DocumentJob =
  | { file: { absolute: string; path: string; kind: FileKind }; pagesMax: number; recordsMax: number }
  | { pdf: Uint8Array; pagesMax: number }

/**
 * What the reading process sends: that it is ready; then for each job papers in batches and one of the others as
 * the last message.
 */
export type DocumentAnswer =
  | { kind: 'ready' }
  | { kind: 'papers'; papers: Paper[] }
  | { kind: 'read'; skipped: Skipped[] }
  | { kind: 'draft'; draft: Draft }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'missing'; package: string; message: string }
