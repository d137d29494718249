/**
 * Makes `data/corpus/multimodal-llm.jsonl`, the corpus shipped with Concord, from a collection of arXiv records on multimodal
 * models: `node scripts/select-corpus.ts`. Reads `arxiv/arxiv_multimodal_llm.jsonl` below CONCORD_DATA. Deterministic: the same
 * input gives the same bytes. The criteria are documented in data/corpus/README.md and stand here as code.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { nearDuplicates } from '../src/domain/text/near-duplicates.ts'
import { RELEASES } from './corpus-releases.ts'

type Source = {
  id: string
  title: string
  abstract: string
  authors: string[]
  categories: string[]
  comment: string | null
  listed: string
}
type Candidate = Source & { relevance: number; themes: string[]; bytes: number; line: string }

/** Of all but the releases. */
const BYTES_MAX = 2_350_000
const RELEVANCE_MIN = 5
const AUTHORS_MAX = 12
const ABSTRACT_CHARS = { min: 500, max: 2400 }

/** What the field calls a language model that takes more than text. */
const MLLM =
  /multi-?modal (?:large )?(?:language|foundation) models?|multi-?modal llms?|\bMM?-?LLMs?\b|\bMLLMs?\b|(?:large )?vision[- –]language models?|\bLVLMs?\b|\bVLMs?\b|(?:video|audio|speech|omni|visual|vision)[- ](?:large language models?|llms?)|(?:video|audio|omni-?modal) language models?|\bLMMs?\b|large multi-?modal models?|\bdMLLMs?\b|omni-?(?:modal )?(?:models?|llms?)|unified (?:multi-?modal|understanding and generation)|GPT-4[oV]|Qwen[\d.]*-?(?:VL|Omni)|LLaVA|InternVL|Gemini/gi
/** Works on image-text encoders or on robots' action models are neighbours, not the topic. */
const ASIDE =
  /\bCLIP\b|contrastive (?:language|vision|image)|zero-shot classification|prompt (?:learning|tuning)|open-vocabulary|vision-language-action|\bVLAs?\b|federated|test-time adaptation|few-shot classification|point cloud|semantic segmentation|domain generali[sz]ation|domain adaptation/i

const THEMES: { name: string; share: number; words: RegExp }[] = [
  {
    name: 'survey',
    share: 7,
    words: /\bsurvey\b|systematic review|comprehensive review|a review of|position paper|roadmap/i,
  },
  { name: 'video', share: 10, words: /video|temporal grounding|streaming/i },
  { name: 'audio', share: 6, words: /audio|speech|sound|music|omni-?modal/i },
  {
    name: 'reasoning',
    share: 12,
    words: /reasoning|chain[- ]of[- ]thought|reinforcement learning|GRPO|\bRL\b|thinking with images|reward/i,
  },
  { name: 'hallucination', share: 8, words: /hallucinat|faithful|visual reliance|language prior/i },
  {
    name: 'safety',
    share: 8,
    words: /safety|jailbreak|adversarial|backdoor|privacy|toxic|bias|red[- ]team|unlearn/i,
  },
  {
    name: 'efficiency',
    share: 9,
    words:
      /efficien|token (?:pruning|reduction|compression|merging)|visual tokens|quantiz|distill|KV[- ]cache|accelerat|lightweight/i,
  },
  { name: 'evaluation', share: 10, words: /benchmark|evaluat|leaderboard/i },
  {
    name: 'agents',
    share: 7,
    words: /\bGUI\b|\bagents?\b|agentic|embodied|tool use|web navigation|computer use/i,
  },
  {
    name: 'grounding',
    share: 6,
    words: /grounding|referring|segmentation|region-level|localiz|fine-grained perception/i,
  },
  { name: 'medical', share: 7, words: /medical|clinical|radiolog|patholog|x-ray|surg|biomed|health/i },
  { name: 'documents', share: 7, words: /document|chart|\bOCR\b|table|infographic|diagram|mathemat/i },
  { name: 'spatial', share: 7, words: /spatial|\b3D\b|depth|scene understanding|multi-view|driving/i },
  {
    name: 'generation',
    share: 7,
    words:
      /unified (?:model|multimodal|understanding)|image generation|image editing|text-to-image|any-to-any|diffusion/i,
  },
  { name: 'retrieval', share: 5, words: /retrieval|\bRAG\b|knowledge[- ]based|embedding/i },
  {
    name: 'training',
    share: 7,
    words:
      /pre-?train|instruction tuning|fine-?tun|alignment|architecture|connector|projector|scaling|data curation|dataset|preference optimi/i,
  },
]

/** The core of the topic: language models by name, where `vision-language model` may also mean an encoder. */
const CORE =
  /multi-?modal (?:large )?language models?|multi-?modal llms?|\bMM?-?LLMs?\b|\bMLLMs?\b|\bLVLMs?\b|\bLMMs?\b|large multi-?modal|(?:video|audio|speech|omni)[- ]?(?:large language models?|llms?)/i
/** Surveys map the field, so those on anything multimodal are wanted even where they name no model. */
const SURVEY = /\bsurvey\b|systematic review|comprehensive review|roadmap/i

const clean = (text: string): string => text.replace(/\s+/g, ' ').trim()
const hits = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

const relevanceOf = ({ title, abstract, comment }: Source): number => {
  const inTitle = Math.min(2, hits(title, MLLM)) * 3
  const inAbstract = Math.min(4, hits(abstract, MLLM))
  const aside = (ASIDE.test(title) ? 4 : 0) + (ASIDE.test(abstract) ? 1 : 0)
  const accepted = /accepted|NeurIPS|ICLR|ICML|CVPR|ICCV|ECCV|ACL|EMNLP|NAACL|AAAI/i.test(comment ?? '')
    ? 1
    : 0
  const core = (CORE.test(title) ? 2 : 0) + (CORE.test(abstract) ? 1 : 0)
  const multimodal = /multi-?modal|vision-language/i.test(title) || CORE.test(abstract)
  const survey = SURVEY.test(title) && multimodal ? 4 : 0
  return inTitle + inAbstract + core + survey + accepted - aside
}

/** The title says what a paper is about; the abstract decides only where the title is silent. */
const themesOf = ({ title, abstract }: Source): string[] => {
  const named = THEMES.filter(({ words }) => words.test(title))
  const told = named.length > 0 ? named : THEMES.filter(({ words }) => words.test(abstract)).slice(0, 2)
  return told.map(({ name }) => name)
}

const RELEASED = new Set(RELEASES)

const candidateOf = (source: Source): Candidate[] => {
  const tidy = { ...source, title: clean(source.title), abstract: clean(source.abstract) }
  const { length } = tidy.abstract
  const relevance = relevanceOf(tidy)
  const themes = themesOf(tidy)
  if (RELEASED.has(tidy.id)) return [candidate(tidy, relevance, themes)]
  const odd =
    /withdrawn|retracted/i.test(source.comment ?? '') ||
    /^this (?:paper|article) has been withdrawn/i.test(tidy.abstract)
  if (odd || relevance < RELEVANCE_MIN || themes.length === 0) return []
  if (length < ABSTRACT_CHARS.min || length > ABSTRACT_CHARS.max) return []
  return [candidate(tidy, relevance, themes)]
}

const candidate = (tidy: Source, relevance: number, themes: string[]): Candidate => {
  const authors = tidy.authors.slice(0, AUTHORS_MAX)
  if (tidy.authors.length > AUTHORS_MAX) authors.push('et al.')
  const { id, title, abstract, categories, listed: published } = tidy
  const line = `${JSON.stringify({ id, title, abstract, authors, categories, published })}\n`
  return { ...tidy, relevance, themes, line, bytes: Buffer.byteLength(line) }
}

/** The most relevant of every group of papers that say nearly the same. */
const withoutDoubles = (candidates: readonly Candidate[]): Candidate[] => {
  const texts = candidates.map(({ title, abstract }) => `${title}. ${abstract}`)
  return nearDuplicates(texts, { threshold: 0.4 }).map(
    (group) => group.map((at) => candidates[at]!).sort(released)[0]!,
  )
}

/** Of doubles a release stays. */
const released = (a: Candidate, b: Candidate): number =>
  Number(RELEASED.has(b.id)) - Number(RELEASED.has(a.id)) || better(a, b)

const better = (a: Candidate, b: Candidate): number => b.relevance - a.relevance || (a.id < b.id ? -1 : 1)

/**
 * Fills the space round by round: of all cells theme x month the one furthest below its share gives its most relevant paper
 * next. Months count alike, themes by their share, so that neither a busy month nor a fashionable theme takes over.
 */
const choose = (candidates: readonly Candidate[]): Candidate[] => {
  const cells = new Map<string, Candidate[]>()
  for (const candidate of candidates)
    for (const theme of candidate.themes) {
      const key = `${theme} ${candidate.listed.slice(0, 7)}`
      cells.set(key, [...(cells.get(key) ?? []), candidate])
    }
  const share = new Map(THEMES.map(({ name, share }) => [name, share]))
  const queues = Array.from(cells, ([key, list]) => ({
    key,
    list: list.sort(better),
    share: share.get(key.split(' ')[0]!)!,
    taken: 0,
  })).sort((a, b) => (a.key < b.key ? -1 : 1))
  const chosen = new Set(candidates.filter(({ id }) => RELEASED.has(id)))
  // What the releases take comes on top: naming one displaces no other paper.
  let bytes = 0
  for (;;) {
    let next: (typeof queues)[number] | undefined
    for (const queue of queues) {
      while (queue.list.length > 0 && chosen.has(queue.list[0]!)) queue.list.shift()
      if (queue.list.length > 0 && (!next || queue.taken / queue.share < next.taken / next.share))
        next = queue
    }
    const paper = next?.list.shift()
    if (!next || !paper || bytes + paper.bytes > BYTES_MAX) break
    next.taken += 1
    chosen.add(paper)
    bytes += paper.bytes
  }
  return [...chosen].sort((a, b) => (a.listed + a.id < b.listed + b.id ? -1 : 1))
}

const countBy = (
  papers: readonly Candidate[],
  keys: (paper: Candidate) => string[],
): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const key of papers.flatMap(keys).sort()) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

const root = resolve(import.meta.dirname, '..')
const data = resolve(root, process.env.CONCORD_DATA ?? '../shared/data')
const input = resolve(data, 'arxiv/arxiv_multimodal_llm.jsonl')
const sources = readFileSync(input, 'utf8')
  .trim()
  .split('\n')
  .map((line): Source => JSON.parse(line))
const relevant = sources.flatMap(candidateOf)
const single = withoutDoubles(relevant)
const chosen = choose(single)
const output = chosen.map(({ line }) => line).join('')
writeFileSync(resolve(root, 'data/corpus/multimodal-llm.jsonl'), output)
console.log(
  `${sources.length} records, ${relevant.length} on the topic, ${single.length} after near duplicates, ${chosen.length} chosen, ${Buffer.byteLength(output)} bytes`,
)
console.table(countBy(chosen, ({ themes }) => themes))
console.table(countBy(chosen, ({ listed }) => [listed.slice(0, 7)]))
