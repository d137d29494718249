import type { Reading } from './reading.ts'

/** A name as written: a system, a data set, an organisation; `key` is what is compared. */
export interface Name {
  text: string
  key: string
  start: number
  end: number
  /** Capitals or digits inside: it cannot be an ordinary word. */
  strong: boolean
}

const NAME = /[\p{L}\p{N}]+(?:[-‐‑/.+@][\p{L}\p{N}]+)*\+*/gu
/** Short forms that every reader of the field knows, whether or not a source spells them out. */
const KNOWN = new Set(
  `ai ml dl nlp nlu nlg cv rl drl irl dnn dnns ann anns cnn cnns rnn rnns gnn gnns gcn gcns lstm lstms gru gan gans vae vaes mlp mlps llm llms lm lms plm
  plms vlm vlms lvlm lvlms mllm mllms lmm lmms qa vqa ocr asr tts mt nmt smt sgd svm svms pca mle map em mdp mdps pomdp sota rag cot sft rlhf dpo ppo ood
  iid nn nns pde pdes ode odes sde sdes pomdps ebm ebms elbo dqn mdl auc roc snr psnr iou fps flop flops fft mcmc kl mmd fp16 fp32 bf16 int8 l0 l1 l2 bptt
  nll mse ocr vr ar agi dsl dsls convnet convnets bilstm bilstms knn api apis gpu gpus cpu cpus tpu tpus kv 2d 3d 4d 1d rgb gui guis us uk eu usa dna rna mrna mri ct pet hiv aids who fda ii iii iv vs phd`.split(
    /\s+/,
  ),
)
const LOWER_PART = /^(?:\p{Ll}+|\d+)$/u

export function namesIn(text: string): Name[] {
  const found: Name[] = []
  const titled = isTitleCase(text)
  for (const match of text.matchAll(NAME)) {
    let raw = match[0]
    // "CNN-based" names CNN.
    for (
      let cut = raw.lastIndexOf('-');
      cut > 0 && /^\p{Ll}{3,}$/u.test(raw.slice(cut + 1));
      cut = raw.lastIndexOf('-')
    )
      raw = raw.slice(0, cut)
    for (
      let cut = raw.indexOf('-');
      cut > 0 && /^\p{Ll}{3,}$/u.test(raw.slice(0, cut)) && /\p{Lu}/u.test(raw);
      cut = raw.indexOf('-')
    )
      raw = raw.slice(cut + 1)
    // A full stop without its blank: "performance.This".
    if (!/\p{Lu}/u.test(raw) || /^\p{Ll}{3,}\.\p{Lu}\p{Ll}+$/u.test(raw)) continue
    const start = match.index + match[0].indexOf(raw)
    const strong = /[\p{L}\d].*\p{Lu}|\p{L}.*\d|\d.*\p{L}/u.test(raw.replace(/-\p{Ll}[\p{L}]*/gu, ''))
    const opens = start === 0 || /[.?!:“"]\s*$/.test(text.slice(Math.max(0, start - 3), start))
    if (!strong && (opens || titled || raw.length < 2)) continue
    if (strong && titled && !/\d|\p{Ll}\p{Lu}|\p{Lu}{2}/u.test(raw)) continue
    found.push({ text: raw, key: compact(raw), start, end: start + raw.length, strong })
  }
  return found
}

export function isTitleCase(text: string): boolean {
  const words = text.match(/\p{L}[\p{L}'’-]{3,}/gu) ?? []
  return words.length > 2 && words.filter((word) => /^\p{Lu}/u.test(word)).length > 0.6 * words.length
}

export function compact(raw: string): string {
  return raw
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '')
}

/** The names that texts hold, to be asked for one. */
export interface NameIndex {
  runs: ReadonlySet<string>
  initials: string
  stems: ReadonlySet<string>
}

const RUN_MAX = 5

export function nameIndex(readings: readonly Reading[]): NameIndex {
  const runs = new Set<string>()
  const initials: string[] = []
  const stems = new Set<string>()
  for (const { words, text } of readings) {
    for (const [at, word] of words.entries()) {
      stems.add(word.stem)
      let run = ''
      for (let next = at; next < Math.min(words.length, at + RUN_MAX); next += 1) {
        if (next > at && words[next]!.start - words[next - 1]!.end > 1) break
        if (next > at && /[,;:()]/.test(text.slice(words[next - 1]!.end, words[next]!.start))) break
        run += words[next]!.norm.replace(/[.,]/g, '')
        runs.add(run)
      }
    }
    initials.push(
      words.map(({ norm }) => norm[0]).join(''),
      words
        .filter(({ content }) => content)
        .map(({ norm }) => norm[0])
        .join(''),
    )
  }
  return { runs, initials: initials.join(' '), stems }
}

const INITIALS_MIN = 3

/** Whether the texts know a name: as written, in the plural, as a part of a longer name, or spelt out. */
export function knowsName({ key, text }: Name, index: NameIndex): boolean {
  const single = key.replace(/s$/, '')
  if (index.runs.has(key) || index.runs.has(single) || index.runs.has(`${key}s`)) return true
  if (KNOWN.has(key) || /^\p{Lu}{2}s?$/u.test(text)) return true
  if (/^\p{Lu}{2,6}s?$/u.test(text) && single.length >= INITIALS_MIN && index.initials.includes(single))
    return true
  if (ofKnownParts(text, index)) return true
  const parts = text
    .split(/[-‐‑/]/)
    .map(compact)
    .filter((part) => part !== '')
  // "BERT/RoBERTa", "Transformer-XL" of which each part is a name that the texts hold.
  return (
    parts.length > 1 &&
    (!/\d/.test(key) || text.includes('/')) &&
    parts.every(
      (part) =>
        (/\d/.test(part) && KNOWN.has(part)) ||
        index.runs.has(part) ||
        index.runs.has(part.replace(/s$/, '')) ||
        LOWER_PART.test(part),
    )
  )
}

const PART = /\p{Lu}?\p{Ll}+|\p{Lu}{2,}s?(?!\p{Ll})/gu
const PART_CHARS_MIN = 3

/**
 * "MemNN" and "GraphGAN" where the texts speak of memory and of graphs: the last part is a short
 * form that everybody knows.
 */
function ofKnownParts(text: string, { stems }: NameIndex): boolean {
  const parts = text.match(PART) ?? []
  const last = parts.at(-1) ?? ''
  if (parts.length < 2 || parts.join('') !== text || !/^\p{Lu}{2,}s?$/u.test(last)) return false
  if (!KNOWN.has(last.toLowerCase())) return false
  return parts.slice(0, -1).every((part) => {
    const start = part.toLowerCase()
    return start.length >= PART_CHARS_MIN && [...stems].some((stem) => stem.startsWith(start))
  })
}

/** Whether every reader of the field knows a short form. */
export function isCommonName(norm: string): boolean {
  return KNOWN.has(norm)
}

/** Capitalised words in a row that spell a short form of the texts: "Generative Adversarial Networks" for GANs. */
export function spelledOut(names: readonly Name[], at: number, index: NameIndex): boolean {
  let from = at
  let to = at
  while (from > 0 && names[from]!.start - names[from - 1]!.end <= 1) from -= 1
  while (to + 1 < names.length && names[to + 1]!.start - names[to]!.end <= 1) to += 1
  if (to === from) return false
  const initials = names
    .slice(from, to + 1)
    .map(({ key }) => key[0])
    .join('')
  return index.runs.has(initials) || index.runs.has(`${initials}s`)
}
