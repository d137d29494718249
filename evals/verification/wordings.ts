import type { Part } from './papers.ts'

/**
 * What the plants are worded with. Each part of the papers gets every other entry, so that no wording on which a form was chosen is among those of
 * which figures are reported. Written before the checkers' own lexicon was read again, and not kept in step with it.
 */
export function wording<T>(items: readonly T[], part: Part): T[] {
  return items.filter((_, at) => at % 2 === (part === 'choose' ? 0 : 1))
}

/** Words and what is their contrary in a report. */
export const CONTRARIES: readonly [RegExp, string][] = [
  [/\bimproves\b/, 'worsens'],
  [/\bimprove\b/, 'degrade'],
  [/\bimproving\b/, 'degrading'],
  [/\bimproved\b/, 'impaired'],
  [/\breduces\b/, 'increases'],
  [/\breducing\b/, 'raising'],
  [/\breduce\b/, 'increase'],
  [/\breduced\b/, 'enlarged'],
  [/\bincreases\b/, 'decreases'],
  [/\bincreasing\b/, 'lowering'],
  [/\benhances\b/, 'harms'],
  [/\benhance\b/, 'weaken'],
  [/\benhancing\b/, 'undermining'],
  [/\bbetter\b/, 'worse'],
  [/\bhigher\b/, 'lower'],
  [/\blower\b/, 'higher'],
  [/\bsuperior\b/, 'inferior'],
  [/\bfaster\b/, 'slower'],
  [/\bstronger\b/, 'weaker'],
  [/\boutperforms\b/, 'underperforms'],
  [/\boutperform\b/, 'trail'],
  [/\bsurpasses\b/, 'lags behind'],
  [/\bsurpass\b/, 'fall short of'],
  [/\befficient\b/, 'wasteful'],
  [/\beffective\b/, 'ineffective'],
  [/\beffectively\b/, 'ineffectively'],
  [/\brobust\b/, 'brittle'],
  [/\baccurate\b/, 'inaccurate'],
  [/\breliable\b/, 'unreliable'],
  [/\bconsistent\b/, 'inconsistent'],
  [/\bmitigates\b/, 'aggravates'],
  [/\bmitigate\b/, 'exacerbate'],
  [/\bincrease\b/, 'decline'],
  [/\bsignificantly\b/, 'negligibly'],
  [/\bstrong\b/, 'weak'],
  [/\bsmall\b/, 'large'],
  [/\blarge\b(?!\s+(?:language|vision|multimodal|video|reasoning|model))/, 'small'],
  [/\bpositive\b/, 'negative'],
  [/\bsimilar\b/, 'dissimilar'],
  [/\bsufficient\b/, 'insufficient'],
  [/\boften\b/, 'seldom'],
  [/\bimprovements\b/, 'deteriorations'],
  [/\bimprovement\b/, 'deterioration'],
  [/\bgains\b/, 'losses'],
  [/\bmore\b/, 'less'],
  [/\bless\b/, 'more'],
  [/\bfewer\b/, 'more'],
  [/\bboosts\b/, 'hurts'],
  [/\blimited\b/, 'unlimited'],
  [/\bstruggle\b/, 'excel'],
  [/\bcomplex\b/, 'simple'],
  [/\bfail to\b/, 'manage to'],
  [/\bbest\b/, 'worst'],
  [/\bstrongest\b/, 'weakest'],
  [/\bopen-source\b/, 'proprietary'],
  [/\bpreserving\b/, 'sacrificing'],
]

/** Some becomes all. */
export const UNIVERSALS: readonly ((text: string) => string | undefined)[] = [
  (text) => swap(text, /\bon (?:\w+ ){0,2}(benchmark|dataset|task)s\b/, 'on every existing $1'),
  (text) =>
    swap(
      text,
      /\bacross (?:\w+ ){0,3}(benchmark|dataset|task|domain|model)s\b/,
      'across all $1s without exception',
    ),
  (text) => swap(text, /\b(?:often|frequently|sometimes|usually|typically|generally)\b/, 'invariably'),
  (text) => swap(text, /\b(?:often|frequently|sometimes|usually|typically|generally)\b/, 'always'),
  (text) => swap(text, /\b(?:some|several|many|most|various|certain)\b/, 'all'),
  (text) => swap(text, /\b(?:some|several|many|most|various|certain)\b/, 'any and all'),
  (text) => swap(text, /\b(?:significantly|effectively|substantially|largely)\b/, 'completely'),
  (text) => swap(text, /\b(?:significantly|effectively|substantially|largely)\b/, 'totally'),
  (text) => swap(text, /\bup to (?=\$?\d)/, ''),
  (text) => swap(text, /\bup to (?=\$?\d)/, 'at least '),
  (text) => swap(text, /\.$/, ' in each and every case.'),
  (text) => swap(text, /\.$/, ' under any conditions whatsoever.'),
  (text) => swap(text, /\b(?:mitigates|reduces|alleviates)\b/, 'eliminates'),
  (text) => swap(text, /\b(?:mitigate|reduce|alleviate)\b/, 'eradicate'),
]

/** What is held likely becomes certain. */
export const CERTAINTIES: readonly [RegExp, string][] = [
  [/\bsuggests? that\b/, 'proves that'],
  [/\bsuggest(?:s|ing)? that\b/, 'establish beyond doubt that'],
  [/\bsuggesting\b/, 'proving'],
  [/\bindicat(?:es?|ing) that\b/, 'guarantees that'],
  [/\bmay\b/, 'will certainly'],
  [/\bmight\b/, 'must'],
  [/\bmay\b/, 'will inevitably'],
  [/\bcould\b/, 'undoubtedly will'],
  [/\bcan\b/, 'is guaranteed to'],
  [/\bcan\b/, 'must necessarily'],
  [/\bpotential(?:ly)?\b/, 'proven'],
  [/\bpromising\b/, 'definitive'],
  [/\btend to\b/, 'are bound to'],
  [/\blikely\b/, 'definitely'],
  [/\bappears? to\b/, 'is certain to'],
  [/\bseems? to\b/, 'is proven to'],
]

/** What goes together becomes cause and effect. */
export const CAUSES: readonly [RegExp, string][] = [
  [/\b(?:is|are) (?:\w+ )?(?:associated|correlated|linked) with\b/, 'causes'],
  [/\b(?:is|are) (?:\w+ )?(?:associated|correlated|linked) with\b/, 'is responsible for'],
  [/\bcorrelates? (?:\w+ )?with\b/, 'gives rise to'],
  [/\bcorrelates? (?:\w+ )?with\b/, 'brings about'],
  [/, (?:suggesting|indicating|highlighting) (?:that )?/, ', because '],
  [/, (?:suggesting|indicating|highlighting) (?:that )?/, ', which is caused by the fact that '],
  [/, while (?=\w+ing\b)/, ' as a result of '],
  [/, while (?=\w+ing\b)/, ' owing to '],
  [/ and (?=(?:achieves|reduces|improves|outperforms|shows)\b)/, ', which in turn causes that it '],
  [/ and (?=(?:achieves|reduces|improves|outperforms|shows)\b)/, ' and for that reason '],
  [/, especially (?:in|on|for|when) /, ' due to '],
  [/, particularly (?:in|on|for|when) /, ' because of '],
]

/** Years and lasting words that no source of these stands for. */
export const TIMES: readonly ((text: string, year: string) => string | undefined)[] = [
  (text, year) => swap(text, /^/, `As of ${Number(year) + 3}, `, true),
  (text, year) => swap(text, /^/, `Ever since ${Number(year) - 9}, `, true),
  (text, year) => swap(text, /\.$/, ` since ${Number(year) - 7}.`),
  (text, year) => swap(text, /\.$/, ` until ${Number(year) + 4}.`),
  (text) => swap(text, / (is|are|has|have) /, ' $1 still '),
  (text) => swap(text, / (is|are|has|have) /, ' $1 to this day '),
  (text) =>
    swap(text, / (achieves|outperforms|improves|reduces|remains|shows|provides) /, ' still $1 today '),
  (text) => swap(text, / (achieves|outperforms|improves|reduces|remains|shows|provides) /, ' no longer $1 '),
  (text, year) => swap(text, /\b(?:19|20)\d\d\b/, String(Number(year) - 5)),
  (text, year) => swap(text, /\b(?:19|20)\d\d\b/, String(Number(year) - 11)),
  (text) => swap(text, /\.$/, ' for the past two decades.'),
  (text) => swap(text, /\.$/, ' as it has for thirty years.'),
]

/** Clauses that no abstract carries. */
export const ADDITIONS: readonly string[] = [
  'and has been deployed by several hospitals in Scandinavia',
  'and was bought by a large software vendor last spring',
  'and thereby makes human annotation superfluous',
  'which renders earlier benchmarks obsolete',
  'and its authors received the best paper award',
  'and the code has been downloaded a million times',
  'while consuming less electricity than a light bulb',
  'and runs comfortably on an ordinary wristwatch',
  'and regulators now require it by law',
  'and it won the annual robotics championship',
  'which settles a debate among philosophers',
  'and it was later confirmed by two independent laboratories',
  'although users complained about its interface',
  'but its licence forbids commercial exploitation',
  'and the training bill stayed below a hundred dollars',
  'and insurance companies have adopted it as a standard',
  'because the annotators were paid generously',
  'so that surgeons rely on it during operations',
  'and it also translates ancient manuscripts flawlessly',
  'which cut customer churn at a telephone company',
]

/** Facts nobody cites, as headings. */
export const HEADINGS: readonly string[] = [
  'All vision encoders are blind to negation',
  'GPT-5 solves chart understanding',
  'Every benchmark is contaminated',
  'Video models cannot count',
  'Scaling fixes hallucination',
  'Nobody needs human annotation any more',
  'Reinforcement learning always beats fine-tuning',
  'Multimodal models have surpassed doctors',
  'Chain-of-thought eliminates reasoning errors',
  'Token pruning is free',
  'Open models lost the race',
  '90% of errors come from the encoder',
]

/** Facts nobody cites, inside questions. */
export const QUESTIONS: readonly string[] = [
  'Since Gemini already understands every chart, which tasks are left?',
  'Now that models never hallucinate objects, how should benchmarks change?',
  'Why does LLaVA fail on all medical images?',
  'Why do instruction-tuned models always prefer the first option?',
  'Hallucination has been solved by scaling; what comes next?',
  'Because attention is irrelevant to grounding, which modules should be trained?',
  'As 95% of visual tokens are redundant, how many should be kept?',
  'How can the 40% drop of GPT-4o on OCR be explained?',
  'Although humans were surpassed on spatial reasoning in 2024, what do robots still lack?',
  'Considering that no model can read a clock, what should be tried first?',
  'Given that contrastive decoding eliminates language priors, is fine-tuning still needed?',
  'Audio encoders are useless, so what should replace them?',
]

function swap(text: string, what: RegExp, by: string, lower = false): string | undefined {
  if (!what.test(text)) return undefined
  const opened =
    lower && /^(?:The|A|An|This|These|Our|It|They|In|On) /.test(text)
      ? text[0]!.toLowerCase() + text.slice(1)
      : text
  return opened.replace(what, by)
}
