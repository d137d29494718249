import type { Claim, Narrative, Theme } from '../shapes.ts'
import type { Question } from '../understand/question.ts'

const PARAGRAPH_CLAIMS = 7
const wordsOf = ({ text }: Claim): number => text.split(/\s+/).length

/** The narrative in the form and length that was asked for: whole sentences are left out, none is cut. */
export const inForm = (question: Question, narrative: Narrative): Narrative => {
  const one = question.form === 'paragraph' ? inOneParagraph(narrative) : narrative
  const short = question.sentencesMax === undefined ? one : firstSentences(one, question.sentencesMax)
  return question.wordsMax === undefined ? short : withinWords(short, question.wordsMax)
}

/** The introduction alone, filled up with the first sentence of each theme. */
const inOneParagraph = ({ introduction, themes, table: _, ...rest }: Narrative): Narrative => {
  const more = themes.flatMap(({ paragraphs }) => paragraphs[0]?.slice(0, 1) ?? [])
  const known = new Set(introduction.map(({ id }) => id))
  const all = [...introduction, ...more.filter(({ id }) => !known.has(id))]
  return { ...rest, introduction: all.slice(0, PARAGRAPH_CLAIMS), themes: [] }
}

const firstSentences = ({ table: _, ...narrative }: Narrative, max: number): Narrative => ({
  ...narrative,
  introduction: narrative.introduction
    .filter(({ kind }) => kind !== 'note' && kind !== 'count')
    .slice(0, max),
  themes: [],
})

const withinWords = (narrative: Narrative, max: number): Narrative => {
  let left = max
  const fits = (claim: Claim): boolean => {
    const size = wordsOf(claim)
    if (size > left) return false
    left -= size
    return true
  }
  const introduction = narrative.introduction.filter(fits)
  const { table, ...rest } = narrative
  const tableWords = table?.rows.reduce((sum, { cells }) => sum + cells.join(' ').split(/\s+/).length, 0) ?? 0
  const keepsTable = table !== undefined && tableWords <= left
  if (keepsTable) left -= tableWords
  const themes = narrative.themes.flatMap(({ name, paragraphs }): Theme[] => {
    const kept = paragraphs.map((claims) => claims.filter(fits)).filter((claims) => claims.length > 0)
    return kept.length === 0 ? [] : [{ name, paragraphs: kept }]
  })
  return { ...rest, ...(keepsTable ? { table } : {}), introduction, themes }
}
