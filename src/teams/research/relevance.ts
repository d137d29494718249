import { isStopWord, stem, words } from '../../domain/text/tokens.ts'

/** Words that every paper on multimodal models holds, and words of research in general: they tell nothing apart. */
const FIELD = stemmed(
  'multimodal multi modal large language vision visual model mllm vlm lvlm lmm llm ai artificial intelligence foundation',
)
const GENERAL = stemmed(
  `understanding learning method approach technique analysis improve improving improvement study research task system data application
  challenge problem advance latest recent new work paper result use using based deep neural network performance state art current trend`,
)

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

/** Share of a topic's terms that a paper holds, 0 to 1; 1 for the field as a whole when a paper belongs to it. */
export const topicShare = ({ core, broad }: TopicTerms, title: string, abstract: string): number => {
  const text = `${title} ${abstract}`
  const held = new Set(words(text).map(stem))
  if (broad)
    return [...FIELD].some((term) => term.length > 2 && term !== 'larg' && term !== 'model' && held.has(term))
      ? 1
      : 0
  if (core.length === 0) return 1
  const found = core.filter(
    (term) => held.has(term) || OTHER_NAMES.some(([name, names]) => name.test(term) && names.test(text)),
  )
  return found.length / core.length
}

function stemmed(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).map(stem))
}
