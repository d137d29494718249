import type { Knowledge } from '../src/memory/knowledge/knowledge.ts'
import type { SearchOptions } from '../src/memory/knowledge/search.ts'
import { readJson } from './data.ts'
import { embedAll, withKnowledge } from './knowledge-fixture.ts'
import { interval, mean } from './metrics.ts'
import { printTable, type Row } from './table.ts'

type Turn = { speaker: string; dia_id: string; text: string; blip_caption?: string }
type Conversation = {
  sample_id: string
  conversation: { [session: string]: Turn[] | string }
  qa: { question: string; evidence: string[] }[]
}
type Question = { sample: string; question: string; evidence: Set<string> }

/** The conversations on which the share of neighbouring turns was chosen; the others are reported. */
const fitted = new Set(['conv-47', 'conv-48'])
const depths = [5, 10] as const

const sessionsOf = ({ conversation }: Conversation) =>
  Object.entries(conversation).flatMap(([name, turns]) => (Array.isArray(turns) ? [{ name, turns }] : []))

const lineOf = ({ speaker, text, blip_caption }: Turn): string =>
  `${speaker}: ${text}${blip_caption === undefined ? '' : ` [image: ${blip_caption}]`}`.replaceAll(
    /\s*\n\s*/g,
    ' ',
  )

/** Evidence as the data set's own readers parse it: some strings hold several ids, some none that exist. */
const questionsOf = (conversation: Conversation): Question[] => {
  const known = new Set(sessionsOf(conversation).flatMap(({ turns }) => turns.map(({ dia_id }) => dia_id)))
  return conversation.qa.flatMap(({ question, evidence }) => {
    const ids = evidence.flatMap((text) =>
      [...text.matchAll(/D:?(\d+):(\d+)/g)].map(([, session, turn]) => `D${Number(session)}:${Number(turn)}`),
    )
    const held = new Set(ids.filter((id) => known.has(id)))
    return held.size === 0 ? [] : [{ sample: conversation.sample_id, question, evidence: held }]
  })
}

/** A session is a document, each of its turns a chunk; ids of turns by document and start. */
const ingest = async (knowledge: Knowledge, conversation: Conversation): Promise<Map<string, string>> => {
  const turnAt = new Map<string, string>()
  for (const { name, turns } of sessionsOf(conversation)) {
    let at = 0
    for (const turn of turns) {
      turnAt.set(`${name}/${at}`, turn.dia_id)
      at += lineOf(turn).length + 1
    }
    await knowledge.add({ id: name, text: turns.map(lineOf).join('\n'), chunking: 'lines' })
  }
  return turnAt
}

type Found = { question: Question; ids: string[] }

const recalls = (found: readonly Found[], depth: number): number[] =>
  found.map(
    ({ question: { evidence }, ids }) =>
      ids.slice(0, depth).filter((id) => evidence.has(id)).length / evidence.size,
  )

/** LoCoMo: is the turn that answers a question among the first five or ten, of all turns of its conversation. */
export const evaluateLocomo = (variants: [string, SearchOptions][] = []): Promise<void> =>
  withKnowledge(async (knowledge) => {
    const conversations = readJson<Conversation[]>('locomo/locomo.json')
    const turnAt = new Map<string, Map<string, string>>()
    for (const conversation of conversations) {
      const room = knowledge.in(conversation.sample_id)
      turnAt.set(conversation.sample_id, await ingest(room, conversation))
      await embedAll(room)
    }
    const questions = conversations.flatMap(questionsOf)
    const rows: Row[] = []
    const add = async (name: string, options: SearchOptions, judged = false) => {
      const found: Found[] = []
      for (const question of questions) {
        const hits = await knowledge.in(question.sample).search(question.question, { limit: 10, ...options })
        const turns = turnAt.get(question.sample)!
        found.push({
          question,
          ids: hits.map(({ document, start }) => turns.get(`${document.id}/${start}`)!),
        })
      }
      const [fit, report] = [true, false].map((wanted) =>
        found.filter(({ question }) => fitted.has(question.sample) === wanted),
      )
      for (const depth of depths) {
        const value = (some: readonly Found[]) => mean(recalls(some, depth)).toFixed(4)
        rows.push({
          measure: `${name}: recall@${depth}, all (fitted part ${value(fit!)}, rest ${value(report!)}, ${interval(recalls(report!, depth))})`,
          ...(judged
            ? { baseline: depth === 5 ? '.582' : '.668', target: depth === 5 ? '>= .60' : '>= .69' }
            : {}),
          ours: value(found),
        })
      }
    }
    await add('as it comes', {}, true)
    await add('without neighbouring turns', { weights: { neighbours: 0 } })
    await add('words alone', { weights: { neighbours: 0, vector: 0 }, precise: false })
    for (const [name, options] of variants) await add(name, options)
    printTable(
      `LoCoMo evidence recall, ${questions.length} questions of the development half; the share of neighbouring turns was chosen on ${[...fitted].join(' and ')}`,
      rows,
    )
  })
