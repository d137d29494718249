/** What kind of work a paper is, whatever its topic. */
export type Approach = {
  key: 'survey' | 'analysis' | 'training' | 'inference' | 'architecture' | 'data' | 'system' | 'benchmark'
  name: string
  aim: string
  /** Opens a sentence about the first paper of the kind in a paragraph. */
  opening: string
  /** `two ... training methods`. */
  noun: [one: string, many: string]
  words: RegExp
  query: string
}

export const APPROACHES: readonly Approach[] = [
  {
    key: 'survey',
    name: 'Surveys and positions',
    aim: 'put the field in order',
    opening: 'As an overview,',
    noun: ['survey', 'surveys'],
    words:
      /\bsurvey\b|deep dive|comprehensive examination|systematic review|comprehensive review|literature review|position paper|roadmap|taxonomy|we review\b/i,
    query: 'survey',
  },
  {
    key: 'benchmark',
    name: 'Benchmarks and evaluation',
    aim: 'measure what models can and cannot do',
    opening: 'On the evaluation side,',
    noun: ['evaluation', 'evaluations'],
    words:
      /bench(?:mark\w*|\b)|evaluation (?:framework|suite|protocol|dataset)|\bevaluat(?:e|ing|ion of)\b|leaderboard|test suite|how (?:well|good|far)|(?:can|do|are) (?:\w+ )?(?:mllms?|vlms?|lvlms?|models)\b/i,
    query: 'benchmark evaluation',
  },
  {
    key: 'analysis',
    name: 'Analyses of causes and mechanisms',
    aim: 'explain why models behave as they do',
    opening: 'On the analysis side,',
    noun: ['analysis', 'analyses'],
    words:
      /\banaly[sz](?:e|es|ing|is)\b|investigat\w+|understanding (?:how|why)|mechanis\w+|interpretab\w+|prob(?:e|ing)\b|diagnos\w+|dissect\w*|empirical study|reveal\w*|why\b|rethinking|theor(?:y|etical)/i,
    query: 'analysis mechanism interpretability',
  },
  {
    key: 'inference',
    name: 'Inference-time methods',
    aim: 'change decoding, prompting or attention without new training',
    opening: 'At inference time,',
    noun: ['inference-time method', 'inference-time methods'],
    words:
      /training-free|decoding|inference[- ]time|test[- ]time|plug-and-play|prompting|without (?:any )?(?:re-?|additional |further |extra )?training|token (?:pruning|merging|compression|reduction)|steering|attention (?:calibration|intervention|redistribution|re-?weighting)|zero-shot|frame selection|keyframe/i,
    query: 'training-free inference-time decoding',
  },
  {
    key: 'data',
    name: 'Data and supervision',
    aim: 'supply the examples that models lack',
    opening: 'On the data side,',
    noun: ['data contribution', 'data contributions'],
    words:
      /\bdatasets?\b|\bcorpus\b|data (?:curation|synthesis|generation|engine|selection|pipeline)|synthetic data|annotat\w+|instruction data/i,
    query: 'dataset synthetic data',
  },
  {
    key: 'training',
    name: 'Training-based methods',
    aim: 'change behaviour by training',
    opening: 'On the training side,',
    noun: ['training method', 'training methods'],
    words:
      /fine-?tun\w*|reinforcement (?:learning|fine)|\bGRPO\b|\bDPO\b|\bRL\b|\bSFT\b|preference optimi[sz]ation|distill\w*|pre-?train\w*|instruction[- ]tuning|post-training|reward\w*|self-(?:training|improv\w+|evol\w+)|curriculum|unlearn\w*|\bLoRA\b|trained|training/i,
    query: 'reinforcement learning fine-tuning training',
  },
  {
    key: 'system',
    name: 'Agents and complete systems',
    aim: 'combine models into working systems',
    opening: 'On the systems side,',
    noun: ['system', 'systems'],
    words:
      /multi-?agent|\bagentic\b|\bagents?\b|\bsystem\b|pipeline|tool[- ]us\w+|application|assistant|deploy\w*|\bRAG\b|retriev\w*/i,
    query: 'agent system',
  },
  {
    key: 'architecture',
    name: 'Models and architectures',
    aim: 'improve the model or framework itself',
    opening: 'On the architectural side,',
    noun: ['model design', 'model designs'],
    words:
      /architectur\w*|encoders?\b|connectors?|projectors?|mixture[- ]of[- ]experts|\bMoE\b|unified model|foundation model|technical report|modules?\b|framework|network|model family|tokeni[sz]er/i,
    query: 'architecture model',
  },
]

const TITLE_WEIGHT = 3
const SENTENCE_WEIGHT = 2
/** Everybody reports on benchmarks: only what is offered counts for them. */
const REST_WEIGHT = 0.5

/** The kind of work: its title and what it says it offers count more than the rest; ties go to the earlier kind. */
export const approachOf = (title: string, offers: readonly string[], rest = ''): Approach => {
  const all = offers.join(' ')
  let best = APPROACHES[APPROACHES.length - 1]!
  let bestScore = 0
  for (const approach of APPROACHES) {
    const every = new RegExp(approach.words.source, 'gi')
    const score =
      TITLE_WEIGHT * Number(approach.words.test(title)) +
      SENTENCE_WEIGHT *
        Math.min(2, (approach.key === 'benchmark' ? (offers[0] ?? '') : all).match(every)?.length ?? 0) +
      (approach.key === 'benchmark' ? 0 : REST_WEIGHT) * Math.min(3, rest.match(every)?.length ?? 0)
    if (score > bestScore) [best, bestScore] = [approach, score]
  }
  return best
}
