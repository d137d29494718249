/** What a sentence of an abstract does, as far as its wording tells. */
export type SentenceKind = 'contribution' | 'method' | 'result' | 'finding' | 'gap' | 'background'

const VERBS_OFFER = `propos|introduc|present|develop|describ|devis|design|suggest|construct|build|built|creat|contribut|
  establish|formulat|releas|provid|offer|address|tackl|extend|generali[sz]e|investigat|stud(?:y|ies)|explor|examin|
  analy[sz]e|consider|focus|revisit|advocat|employ|adapt`
const VERBS_FIND = `show|demonstrat|find|found|observ|discover|reveal|prov(?:e|ing)\\b|conclude|confirm|establish|identif|
  argue|illustrat|verif|validat|note\\b|highlight`

function cue(source: string): RegExp {
  return new RegExp(source.replace(/\s*\n\s*/g, ''), 'i')
}

/**
 * Cue phrases of scientific prose, after the rhetorical moves of Teufel and Moens (2002) and Swales (1990). Each is one linear
 * regular expression; they are features of a fitted model as well as labels, so a change here needs a new fit.
 */
export const CUES = {
  weOffer: cue(
    `\\bwe (?:(?:[a-z]+ly|also|then|first|here|further|instead|next|therefore|thus|hereby) )?(?:${VERBS_OFFER})`,
  ),
  weFind: cue(`\\bwe (?:(?:[a-z]+ly|also|then|first|here|further|next) )?(?:${VERBS_FIND})`),
  thisPaper: cue(
    `\\b(?:in )?(?:this|the present|our) (?:paper|work|article|study|survey|letter|report|thesis|position paper|manuscript)\\b`,
  ),
  isOffered: cue(
    `\\b(?:is|are|was|were) (?:[a-z]+ly )?(?:proposed|introduced|presented|developed|described)\\b`,
  ),
  aNew: cue(
    `\\b(?:an?|the|this|two|three|several|our) (?:[\\w-]+ ){0,1}(?:novel|new|first|simple|general|unified|comprehensive)\\b`,
  ),
  ours: cue(
    `\\bour (?:[\\w-]+ ){0,2}(?:method|approach|model|framework|algorithm|architecture|system|technique|contribution|idea|
    analysis|goal|aim|benchmark|dataset|key|main)`,
  ),
  proposed: cue(`\\b(?:the|this) (?:proposed|resulting|introduced|novel|new)\\b`),
  named:
    /\b(?:called|termed|dubbed|named|coined|namely|referred to as|which we call)\b|\([A-Z][\w-]*[A-Z][\w-]*\)/,
  goal: cue(
    `\\b(?:to (?:address|tackle|overcome|solve|bridge|fill|mitigate|remedy|alleviate|this end)|the (?:goal|aim) of|aims? to)\\b`,
  ),
  results: cue(
    `\\b(?:experiment(?:s|al)?|empirical(?:ly)?|extensive|results?|evaluat(?:e[ds]?|ions?|ing)|outperform\\w*|state-of-the-art|
    state of the art|sota|achiev\\w+|improv\\w+|surpass\\w*|gains?|competitive|accuracy|benchmarks?|baselines?)\\b`,
  ),
  outcome: cue(
    `\\b(?:outperform\\w*|surpass\\w*|(?:superior|better|competitive|comparable) (?:performance|results|accuracy)|results (?:show|demonstrate|
    indicate|suggest|reveal)|experiments? (?:[\\w-]+ ){0,6}(?:show|demonstrate|indicate|reveal|confirm)|
    state-of-the-art (?:performance|results|accuracy)|significant(?:ly)? (?:improve|better|higher|outperform))`,
  ),
  numbers: /\d+(?:\.\d+)?\s*\\?(?:%|points?\b|x\b|×|times\b|pp\b)/,
  method: cue(
    `^(?:specifically|concretely|in particular|more specifically|technically|first|second|third|then|next|finally|to (?:this end|
    do so|achieve this))\\b|\\b(?:consists? of|compris(?:es|ing)|is based on|by (?:[a-z]+ly )?[a-z]+ing|leverag|utili[sz]|
    incorporat|combin|we (?:use|train|apply|leverage|utili[sz]e|employ|adopt|incorporate|combine|fine-?tune)\\b)`,
  ),
  gap: cue(
    `\\b(?:lack(?:s|ing)?|fail(?:s|ed|ing)?\\b|struggl\\w+|suffer(?:s|ing)?|limitations?|limited|bottlenecks?|challeng\\w+|
    difficult(?:y|ies)?|cannot|insufficient\\w*|unclear|unknown|unexplored|under-?explored|under-?studied|remains?|hinder\\w*|hamper\\w*|
    neglect\\w*|overlook\\w*|ignor\\w+|prohibitive\\w*|costly|expensive|scarc\\w+|drawbacks?|shortcomings?|weakness\\w*|
    problematic|impractical|intractable|vulnerab\\w+|little (?:is|attention|work))`,
  ),
  contrast: cue(
    `^(?:however|but|yet|unfortunately|nevertheless|nonetheless|despite|although|while|though|in contrast|existing|current)\\b`,
  ),
  background: cue(
    `\\b(?:recent(?:ly)?|in recent years|has (?:been|become|emerged|attracted|shown|achieved)|have (?:been|become|emerged|attracted|
    shown|achieved|gained)|has gained|is (?:an?|the) (?:[\\w-]+ ){0,2}(?:important|fundamental|key|critical|crucial|essential|common|popular|
    central|well-known|long-standing)|widely|traditional(?:ly)?|typically|often|many|existing|prior|previous|conventional|current)\\b`,
  ),
  startsLinked: cue(
    `^(?:furthermore|moreover|additionally|in addition|also|finally|besides|further|lastly|similarly|likewise|consequently|
    thus|therefore|hence|for (?:example|instance)|specifically|then|these|it|they|such|this (?!(?:paper|work|article|study)))\\b`,
  ),
  available:
    /https?:|\b(?:code|data(?:set)?s?|models?) (?:is|are|will be|and)\b.{0,60}\b(?:available|released?|public)/i,
  question: /\?$/,
} as const satisfies Record<string, RegExp>

export type CueName = keyof typeof CUES

export const CUE_NAMES = Object.keys(CUES).filter((name): name is CueName => name in CUES)
