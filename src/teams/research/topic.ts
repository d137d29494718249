import { isStopWord, words } from '../../domain/text/tokens.ts'

/** What a goal asks about, in the words a search can use. */
export type Topic = {
  /** `multimodal LLMs`: for sentences and headings. */
  text: string
  /** The topic with the usual other names of the same thing. */
  query: string
  /** The goal asks for what is new. */
  recent: boolean
  /** Open problems asked for. */
  problems: number
}

const NUMBERS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const PROBLEMS = { default: 3, max: 6 }
const TOPIC_WORDS_MAX = 14

const ASKS_PROBLEMS =
  /[,;.]?\s*\b(?:and|then|also|plus|as well as)?\s*\b(?:please\s+)?(?:suggest|propose|identify|list|name|give|find|outline|formulate|derive)\b[^.;]*\b(?:open|research|future|unsolved)\b[^.;]*\b(?:problems?|questions?|directions?|challenges?|gaps?|issues?)\b[^.;]*/i
const COUNT =
  /\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+){0,2}(?:problems?|questions?|directions?|challenges?|gaps?|issues?)\b/i
const RECENT =
  /\b(?:latest|recent(?:ly)?|newest|current|state[- ]of[- ]the[- ]art|advances?|progress|new|emerging|this year|trends?)\b/i
const ASKING = new RegExp(
  `^(?:please\\s+)?(?:can you\\s+|could you\\s+|i (?:want|need|would like)(?: you)? to\\s+)?(?:summari[sz]e|review|survey|describe|explain|report on|give (?:me )?(?:an )?overview of|overview of|write (?:a |an )?(?:\\w+ )?(?:summary|review|survey|report|overview)
(?: of| on| about)?|tell me about|research|investigate|analy[sz]e|compare|discuss|what (?:is|are) (?:known about|new in|the)|what do we know about|what's new in|how (?:do|does|can|to)|find (?:papers|work|research) (?:on|about)|summary of)\\s+`.replace(
    /\n/g,
    '',
  ),
  'i',
)
const FRAME =
  /^(?:the\s+)?(?:latest|recent|newest|current|state[- ]of[- ]the[- ]art|main|key|new|emerging|important)?\s*(?:advances?|progress|developments?|work|research|results|findings|literature|papers|trends?|approaches|methods|techniques|state of the art|state)\s+(?:in|on|of|for|about|to|with)\s+/i

/** Other names of the same thing; searching for one finds the papers that use the others. */
const SYNONYMS: [RegExp, string][] = [
  [
    /\bmulti-?modal (?:llms?|(?:large )?language models?)\b|\bMLLMs?\b|\bLMMs?\b|\blarge multi-?modal models?\b/i,
    'multimodal large language models MLLMs vision-language models LVLMs',
  ],
  [/\b(?:large )?vision[- ]language models?\b|\bL?VLMs?\b/i, 'vision-language models VLMs LVLMs'],
  [/\bGUI agents?\b|\bcomputer[- ]use\b/i, 'GUI agents graphical user interface'],
  [/\bvideo understanding\b/i, 'video understanding long video frames'],
  [/\befficien\w+\b/i, 'efficient'],
]

export const topicOf = (goal: string): Topic => {
  const problems = COUNT.exec(goal)?.[1]?.toLowerCase()
  const wanted = problems === undefined ? PROBLEMS.default : Number(problems) || NUMBERS.indexOf(problems)
  const text = topicText(goal)
  const more = SYNONYMS.filter(([pattern]) => pattern.test(text)).map(([, names]) => names)
  return {
    text,
    query: [...new Set(`${text} ${more.join(' ')}`.split(' '))].join(' ').trim(),
    recent: RECENT.test(goal),
    problems: Math.max(1, Math.min(PROBLEMS.max, wanted)),
  }
}

const topicText = (goal: string): string => {
  const plain = goal.replace(/\s+/g, ' ').trim()
  const asked = plain.replace(ASKS_PROBLEMS, ' ').trim() || plain
  const text = asked
    .replace(ASKING, '')
    .replace(ASKING, '')
    .replace(FRAME, '')
    .replace(/[\s.?!,;:]+$/, '')
    .trim()
  const list = text.split(' ')
  const short = list.length <= TOPIC_WORDS_MAX ? text : list.slice(0, TOPIC_WORDS_MAX).join(' ')
  return words(short).some((word) => !isStopWord(word)) ? short : plain.slice(0, 200)
}
