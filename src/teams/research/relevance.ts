import { isStopWord, stem, words } from '../../domain/text/tokens.ts'

/** Words that every paper on multimodal models holds, and words of research in general: they tell nothing apart. */
const FIELD = stemmed(
  'multimodal multi modal large language vision visual model mllm vlm lvlm lmm llm ai artificial intelligence foundation',
)
const GENERAL = stemmed(
  `understanding learning method approach technique analysis improve improving improvement study research task system data application
  challenge problem advance latest recent new work paper result use using based deep neural network performance state art current trend`,
)

/** Words that title anything. */
const VAGUE = stemmed(
  `reasoning world physical score high issue limitation capability ability two three several specific knowledge power benefit setting complex
  real multiple gap lack need difficulty question aspect quality level scenario domain example various diverse effective reliable important`,
)

/** The stems of a phrase that say what it is about. */
export const telling = (phrase: string): string[] => [
  ...new Set(
    words(phrase)
      .filter((word) => !isStopWord(word))
      .map(stem)
      .filter((term) => !FIELD.has(term) && !GENERAL.has(term) && !VAGUE.has(term)),
  ),
]

/** Fields that go by many names. */
const OTHER_NAMES: [RegExp, RegExp][] = [
  [
    /^effici/,
    /efficien|prun\w+|compress|accelerat|lightweight|latency|quanti[sz]|speed-?up|distill|kv[- ]cache|on-device/i,
  ],
  [/^(?:safeti|safe)$/, /safety|jailbreak|harmful|attack|red[- ]team|adversarial/i],
  [/^(?:medic|clinic|health)/, /medical|clinical|radiolog|patholog|biomed|patient/i],
  [/^hallucin/, /hallucinat/i],
  [/^reason/, /reasoning|chain[- ]of[- ]thought/i],
  [/^gui$/, /\bGUIs?\b|graphical user interface|mobile agent|computer[- ]use|screenshot/i],
]

export type TopicTerms = { core: string[]; broad: boolean }

/** The stems a paper on the topic must hold. `broad` when the topic is the field itself. */
export const topicTerms = (topic: string): TopicTerms => {
  const all = [
    ...new Set(
      words(topic)
        .filter((word) => !isStopWord(word))
        .map(stem),
    ),
  ]
  const own = all.filter((term) => !FIELD.has(term))
  const telling = own.filter((term) => !GENERAL.has(term))
  if (telling.length > 0) return { core: telling, broad: false }
  const field = all.filter((term) => FIELD.has(term))
  return { core: field.length > 0 ? [] : own, broad: field.length > 0 }
}

export type Candidate = { title: string; abstract: string }

/** Share of a topic's terms a paper must hold, weighted by rarity. */
const SHARE_MIN = { library: 0.6, folder: 0.3 }
/** A topic of so few terms is only met by all of them. */
const ALL_UP_TO = 2
const FOCUS = { title: 1, often: 0.8, once: 0.5 }

/**
 * How much each candidate is about the topic, 0 to 1; 0 for those that lack the terms that tell it apart. Rarity is counted over the
 * candidates, so a term that none of them holds weighs most: a search that found everything but the topic is seen through. The papers of
 * a `folder` were chosen by somebody, so less will do.
 */
export const focusOn = (
  topic: string,
  candidates: readonly Candidate[],
  from: 'library' | 'folder' = 'library',
): number[] => {
  const { core, broad } = topicTerms(topic)
  if (broad) return candidates.map((each) => (ofField(each) ? 1 : 0))
  if (core.length === 0) return candidates.map(() => 1)
  const rows = candidates.map((each) => core.map((term) => mentions(term, each)))
  const rarity = core.map((_, at) => {
    const holding = rows.filter((row) => row[at]! > 0).length
    return 1 + Math.log(1 + (candidates.length - holding + 0.5) / (holding + 0.5))
  })
  const total = rarity.reduce((sum, weight) => sum + weight, 0)
  return rows.map((row) => {
    const share = row.reduce((sum, focus, at) => sum + (focus > 0 ? rarity[at]! : 0), 0) / total
    const all = row.every((focus) => focus > 0)
    if (share < SHARE_MIN[from] || (from === 'library' && core.length <= ALL_UP_TO && !all)) return 0
    return row.reduce((sum, focus, at) => sum + focus * rarity[at]!, 0) / total
  })
}

const mentions = (term: string, { title, abstract }: Candidate): number => {
  const names = OTHER_NAMES.find(([name]) => name.test(term))?.[1]
  const holds = (text: string): boolean =>
    names?.test(text) === true || words(text).some((word) => stem(word) === term)
  if (holds(title)) return FOCUS.title
  if (!holds(abstract)) return 0
  const count =
    names === undefined
      ? words(abstract).filter((word) => stem(word) === term).length
      : (abstract.match(new RegExp(names.source, 'gi'))?.length ?? 0)
  return count > 1 ? FOCUS.often : FOCUS.once
}

/** Whether a paper is on language models at all. */
export const ofField = ({ title, abstract }: Candidate): boolean => FIELD_NAME.test(`${title} ${abstract}`)

const FIELD_NAME =
  /multi-?modal|vision[- ]language|\bMLLMs?\b|\bL?VLMs?\b|\bLMMs?\b|language models?|\bLLMs?\b/i

function stemmed(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).map(stem))
}
