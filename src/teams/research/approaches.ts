export type ApproachKey = 'survey' | 'benchmark' | 'analysis' | 'data' | 'inference' | 'training' | 'method'

/** What kind of work a paper is, as far as its title and what it says it offers say so plainly; a method of no stated kind otherwise. */
export type Approach = { key: ApproachKey; name: string }

const NAMES: { [key in ApproachKey]: string } = {
  survey: 'Surveys and positions',
  analysis: 'Analyses',
  inference: 'Methods without training',
  training: 'Methods that train',
  method: 'Further methods',
  data: 'Data',
  benchmark: 'Benchmarks and evaluation',
}

/** The order in which a report tells them. */
export const APPROACH_ORDER: readonly ApproachKey[] = [
  'survey',
  'analysis',
  'inference',
  'training',
  'method',
  'data',
  'benchmark',
]

const OFFER =
  '(?:propose|introduce|present|develop|design|devise|release|construct|build|curate|create|establish)s?'
const SURVEY =
  /\bsurvey\b|systematic review|comprehensive review|literature review|position paper|\broadmap\b|\ba review of\b|\bwe review\b|this review\b/i
const BENCHMARK_TITLE =
  /bench(?:mark\w*)?\b|leaderboard|test suite|\bevaluat(?:ing|ion)\b|^(?:can|do|are|does|is|how (?:well|good|far)) /i
const BENCHMARK_OFFER = new RegExp(
  `\\b${OFFER}\\b[^.;]{0,90}\\b(?:benchmark|evaluation (?:suite|framework|protocol|dataset)|test suite|leaderboard)\\b`,
  'i',
)
const DATA_TITLE = /\bdataset\b|\bcorpus\b|instruction data/i
const DATA_OFFER = new RegExp(
  `\\b${OFFER}\\b[^.;]{0,60}\\b(?:dataset|corpus|data (?:engine|pipeline))\\b`,
  'i',
)
const METHOD_OFFER = new RegExp(
  `\\b${OFFER}\\b[^.;]{0,90}\\b(?:framework|method|approach|model|architecture|strategy|mechanism|module|algorithm|pipeline|paradigm|decoding|agent|system|objective|loss|reward)\\b`,
  'i',
)
const ANALYSIS =
  /\b(?:we|this (?:paper|work|study)) (?:\w+ly )?(?:stud(?:y|ies)|analy[sz]es?|investigates?|examines?|explores?|dissects?|prob(?:e|es)|revisits?|diagnoses?|characteri[sz]es?|show|find)\b|\bempirical study\b|\bmechanistic\b/i
const ANALYSIS_TITLE =
  /^(?:why|understanding|analy[sz]ing|investigating|dissecting|revisiting|rethinking|what)\b|\ba (?:\w+ )?study\b|\banalysis\b/i
const UNTRAINED =
  /training-free|inference[- ]time|test[- ]time|plug-and-play|without (?:any )?(?:re-?|additional |further |extra )?(?:training|fine-tuning)|contrastive decoding|decoding strategy|zero-shot framework/i
const TRAINED =
  /fine-?tun(?:e|es|ed|ing)\b|reinforcement (?:learning|fine)|\bGRPO\b|\bDPO\b|preference optimi[sz]ation|\bdistill\w*|pre-?train(?:ed|ing)?\b|instruction[- ]tuning|post-training|\bRLVR\b|curriculum|two-stage training|training (?:framework|strategy|paradigm|recipe|objective|pipeline)|\bLoRA\b/i

/** `rest` is what else the paper says; it decides only whether a method trains. */
export const approachOf = (title: string, offers: readonly string[], rest = ''): Approach => {
  const key = keyOf(title, offers.join(' '), rest)
  return { key, name: NAMES[key] }
}

const keyOf = (title: string, offer: string, rest: string): ApproachKey => {
  if (SURVEY.test(title)) return 'survey'
  const method = METHOD_OFFER.test(offer)
  if (BENCHMARK_OFFER.test(offer) || (BENCHMARK_TITLE.test(title) && !method)) return 'benchmark'
  if (SURVEY.test(offer) && !method) return 'survey'
  if (!method && (ANALYSIS.test(offer) || ANALYSIS_TITLE.test(title))) return 'analysis'
  if (!method && (DATA_TITLE.test(title) || DATA_OFFER.test(offer))) return 'data'
  const text = `${title} ${offer}`
  if (UNTRAINED.test(text)) return 'inference'
  if (TRAINED.test(text)) return 'training'
  const [untrained, trained] = [UNTRAINED.test(rest), TRAINED.test(rest)]
  return untrained && !trained ? 'inference' : trained && !untrained ? 'training' : 'method'
}
