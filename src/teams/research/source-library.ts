import type { AgentContext } from '../../agent/context.ts'
import { isObject } from '../../domain/reference.ts'
import { sentences } from '../../domain/text/sentences.ts'
import type { CitedSource } from '../../verification/claims.ts'
import { type Attribution, attributionOf } from './attribution.ts'
import { FULL_TEXT_CHARS } from './read/reader.ts'
import type { PaperRecord, Reading, Retrieved } from './shapes.ts'

export type Source = {
  paper: PaperRecord
  attribution: Attribution
  cited: CitedSource
  /** The text of a part, as the spans count. */
  text: (part: 'abstract' | 'text') => string
}

/** The papers of a run as the validator reads them: from the retriever's records and, where whole documents were read, from the documents again. */
export type Library = { sources: ReadonlyMap<string, Source>; retrieved: Retrieved }

export const libraryOf = async (
  retrieved: Retrieved,
  readings: readonly Reading[],
  context: AgentContext,
): Promise<Library> => {
  const sources = new Map<string, Source>()
  const local = retrieved.source === 'arxiv' || retrieved.source === 'bundled' ? undefined : retrieved.source
  const deep = new Set(
    readings.filter(({ statements }) => statements.some((each) => each.in === 'text')).map(({ id }) => id),
  )
  for (const paper of retrieved.papers) {
    const text = deep.has(paper.id) ? await fullText(paper.id, local, context) : ''
    sources.set(paper.id, {
      paper,
      attribution: attributionOf(paper),
      cited: {
        id: paper.id,
        title: paper.title,
        authors: paper.authors.filter((name) => !/^et al\.?$/i.test(name)),
        published: paper.published,
        sentences: [...sentences(paper.abstract), ...sentences(text)].map((sentence) => sentence.text),
      },
      text: (part) => (part === 'abstract' ? paper.abstract : text),
    })
  }
  return { sources, retrieved }
}

const fullText = async (id: string, path: string | undefined, context: AgentContext): Promise<string> => {
  const { output } = await context.tool('paper_fetch', {
    id,
    charactersMax: FULL_TEXT_CHARS,
    ...(path === undefined ? {} : { path }),
  })
  return isObject(output) && typeof output.text === 'string' ? output.text : ''
}
