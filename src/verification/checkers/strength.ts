import { likeness } from '../alignment.ts'
import type { FaultKind } from '../claims.ts'
import {
  type Checker,
  clauseAt,
  type Finding,
  type Matter,
  placeOf,
  quoted,
  type Segment,
} from '../matter.ts'
import type { Reading, Word } from '../reading.ts'

interface Scale {
  kind: FaultKind
  /** Word in its usual forms to level, from weak to strong. Not by stems: `generally` and `generate` have one. */
  level: ReadonlyMap<string, number>
  top: number
  /** The strongest level is a claim of its own, even where the source says nothing on the scale. */
  absolute: boolean
}

const scale = (kind: FaultKind, levels: readonly string[], absolute = false): Scale => ({
  kind,
  level: new Map(
    levels.flatMap((words, at) =>
      words.split(' ').flatMap((word) => formsOf(word).map((form): [string, number] => [form, at])),
    ),
  ),
  top: levels.length - 1,
  absolute,
})

function formsOf(word: string): string[] {
  if (word.endsWith('ly')) return [word]
  const short = word.replace(/e$/, '')
  return [
    word,
    `${word}s`,
    `${word}es`,
    `${short}ed`,
    `${short}ing`,
    word.endsWith('y') ? `${word.slice(0, -1)}ies` : word,
  ]
}

/** Words of one scale from weak to strong: a claim may stay at its source's level or go below it, never above. */
const SCALES: readonly Scale[] = [
  scale(
    'scope',
    [
      'few hardly rare rarely seldom',
      'some several certain sometimes occasionally selected particular',
      'many numerous various multiple often frequently commonly',
      'most majority mostly usually generally typically largely mainly primarily predominantly average',
      'all every each any whole entire everything everyone everybody everywhere anywhere universally universal always invariably never regardless whatsoever',
    ],
    true,
  ),
  scale(
    'scope',
    [
      'partially partly somewhat slightly moderately',
      'nearly almost virtually largely mostly effectively significantly substantially considerably',
      'fully completely entirely totally perfectly wholly absolutely',
    ],
    true,
  ),
  scale(
    'certainty',
    [
      'speculate hypothesize conjecture may might could possibly perhaps potentially potential likely probably plausible can promising',
      'suggest indicate hint imply appear seem tend',
      'prove proven proof guarantee establish certainly certainty definitely definitive inevitable inevitably undoubtedly doubt unquestionably surely conclusively irrefutably necessarily must ensure bound',
    ],
    true,
  ),
  scale('scope', [
    'mitigate reduce alleviate lower lessen ease decrease suppress diminish minimize',
    'eliminate eradicate abolish solve cure remove',
  ]),
  scale('comparison', [
    'comparable competitive par similar rival',
    'outperform surpass exceed beat superior',
  ]),
]

/** Quantifiers, hedges and degrees are no stronger than the source's. */
export const strengthChecker: Checker = {
  kinds: ['scope', 'certainty', 'comparison'],
  check(matter) {
    const found: Finding[] = []
    const looked: Partial<Record<FaultKind, number>> = {}
    for (const segment of matter.segments)
      for (const each of SCALES) {
        const own = segment.reading.words.filter(({ norm: form }) => each.level.has(form))
        if (own.length > 0) looked[each.kind] = (looked[each.kind] ?? 0) + own.length
        const fault = stronger(matter, segment, each, own)
        if (fault) found.push(fault)
      }
    found.push(...bounds(matter))
    return { looked, found }
  },
}

const NEAR = 0.4
const NEARLY_SAME = 0.6
/** Words that people use lightly: too strong only in nearly the words of the source. */
const LIGHT = /^(?:any|each|entire|whole|completely|ensur|prov|establish|guarantee|must|necessar)/

function stronger(
  matter: Matter,
  segment: Segment,
  { kind, level, top, absolute }: Scale,
  own: readonly Word[],
): Finding | undefined {
  const { passage, alignment, start } = segment
  const strongest = own.toSorted((a, b) => level.get(b.norm)! - level.get(a.norm)!)[0]
  if (strongest === undefined) return undefined
  const claimed = level.get(strongest.norm)!
  const flat = own.find((word) => level.get(word.norm) === top && FLAT.test(word.norm))
  if (flat && saidNowhere(matter, segment, flat, level)) return flatly(matter, segment, kind, flat)
  const there = passage.reading.words.filter(({ norm: form }) => level.has(form))
  const most = Math.max(-1, ...there.map(({ norm: form }) => level.get(form)!))
  if (claimed <= most) return undefined
  const elsewhere = [...matter.passages, ...matter.titles].some(({ reading }) =>
    reading.words.some(({ norm: form }) => (level.get(form) ?? -1) >= claimed),
  )
  if (elsewhere) return undefined
  const weaker = there.find(({ norm: form }) => level.get(form)! < claimed)
  if (weaker === undefined && !(absolute && claimed === top)) return undefined
  if (idiom(segment, strongest) || strongest.negated) return undefined
  const near = alignment.ordered >= (LIGHT.test(strongest.norm) ? NEARLY_SAME : NEAR)
  if (
    weaker === undefined ? !near : alignment.ordered < NEARLY_SAME && !sameCompany(segment, strongest, weaker)
  )
    return undefined
  return {
    kind,
    message: `says "${strongest.text}"${weaker ? ` where ${placeOf(passage)} says "${weaker.text}"` : `, which ${placeOf(passage)} does not`}: ${quoted(passage)}.`,
    clause: clauseAt(matter.clauses, start + strongest.start),
    sourceId: passage.source.cited.id,
  }
}

/**
 * Said without reserve, and seldom lightly: in a summary, too, such a word comes from a source that
 * says as much. Not "any", "each", "solve" and their like, which every twentieth true summary
 * brings along.
 */
const FLAT =
  /^(?:all|every|every(?:thing|one|body|where)|always|never|invariably|universal(?:ly)?|whatsoever|completely|entirely|totally|perfectly|absolutely|wholly|prove[ns]|proving|guarante\w+|certain(?:ly|ty)|definite(?:ly)?|definitive(?:ly)?|inevitabl[ey]|undoubtedly|doubt|unquestionably|surely|conclusively|irrefutably|necessarily|must|eliminat\w+|eradicat\w+|abolish\w*)$/

/** The source holds no word of the scale at its top, in no sentence. */
function saidNowhere(
  matter: Matter,
  segment: Segment,
  word: Word,
  level: ReadonlyMap<string, number>,
): boolean {
  if (idiom(segment, word) || word.negated) return false
  const claimed = level.get(word.norm)!
  return !matter.sources.some(({ sentences, title }) =>
    [...sentences, title].some(({ words }) => words.some(({ norm }) => (level.get(norm) ?? -1) >= claimed)),
  )
}

function flatly(matter: Matter, { passage, start }: Segment, kind: FaultKind, word: Word): Finding {
  const { id } = passage.source.cited
  return {
    kind,
    message: `says "${word.text}", as strong as nothing in ${id}: ${quoted(passage)}.`,
    clause: clauseAt(matter.clauses, start + word.start),
    sourceId: id,
  }
}

/** "most of all", "above all", "after all", "at all": nothing is said of all. */
function idiom({ reading: { words } }: Segment, word: Word): boolean {
  const at = words.indexOf(word)
  return (
    /^(?:all|any)$/.test(word.norm) &&
    /^(?:of|above|after|at|in)$/.test(words[at - 1]?.norm ?? '') &&
    (!words[at + 1]?.content ||
      words[at + 1]!.piece !== word.piece ||
      /^(?:most|best|worst|least|first|above)$/.test(words[at - 2]?.norm ?? ''))
  )
}

/** The two words of a scale stand beside the same word. */
function sameCompany({ reading, passage }: Segment, own: Word, there: Word): boolean {
  const beside = ({ words, content }: Reading, word: Word) => {
    const others = content.filter((each) => each !== word && each.piece === word.piece)
    const at = words.indexOf(word)
    const after = others.find((each) => words.indexOf(each) > at)
    const before = others.findLast((each) => words.indexOf(each) < at)
    return [before, after].filter((each) => each !== undefined)
  }
  const theirs = beside(passage.reading, there)
  return beside(reading, own).some((word) => theirs.some((other) => likeness(word, other) > 0))
}

/** "up to 26%" is not 26%, and "over" is not "under". */
function bounds(matter: Matter): Finding[] {
  return matter.segments.flatMap(({ reading, passage, start }) =>
    reading.quantities.flatMap((own): Finding[] => {
      const there = passage.reading.quantities.filter(
        (each) => each.amount === own.amount && each.unit === own.unit,
      )
      if (there.length !== 1) return []
      const [other] = there as [(typeof there)[0]]
      const turned =
        (own.bound === 'over' && other.bound === 'under') ||
        (own.bound === 'under' && other.bound === 'over') ||
        (own.bound === 'over' && other.bound === 'up to')
      const lost = other.bound === 'up to' && own.bound === ''
      if (!turned && !lost) return []
      return [
        {
          kind: turned ? 'comparison' : 'scope',
          message:
            `says ${own.bound} ${own.text} for ${other.bound} ${other.text}: ${quoted(passage)}.`.replace(
              'says  ',
              'says ',
            ),
          clause: clauseAt(matter.clauses, start + own.start),
          sourceId: passage.source.cited.id,
        },
      ]
    }),
  )
}
