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

type Text = { title: string; abstract: string }

/** Whether a paper is on models that take more than text. */
export const isMultimodal = ({ title, abstract }: Text): boolean => MULTIMODAL.test(`${title} ${abstract}`)

const MULTIMODAL =
  /multi-?modal|vision[- ]language|visual(?:ly)?\b|\bMLLMs?\b|\bL?VLMs?\b|\bLMMs?\b|\bGPT-4[oV]|LLaVA|Qwen[\d.]*-?(?:VL|Omni)|omni-?modal|(?:video|audio|speech)[- ]?(?:LLM|language model)/i

function stemmed(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).map(stem))
}
