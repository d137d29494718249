import { stem } from '../../domain/text/tokens.ts'
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
import type { Word } from '../reading.ts'

interface Scale {
  kind: FaultKind
  /** Stem to level, from weak to strong. */
  level: ReadonlyMap<string, number>
  top: number
  /** The strongest level is a claim of its own, even where the source says nothing on the scale. */
  absolute: boolean
}

const scale = (kind: FaultKind, levels: readonly string[], absolute = false): Scale => ({
  kind,
  level: new Map(
    levels.flatMap((words, at) => words.split(' ').map((word): [string, number] => [stem(word), at])),
  ),
  top: levels.length - 1,
  absolute,
})

/** Words of one scale from weak to strong: a claim may stay at its source's level or go below it, never above. */
const SCALES: readonly Scale[] = [
  scale(
    'scope',
    [
      'few hardly rare rarely seldom',
      'some several certain sometimes occasionally partially partly somewhat slightly moderately selected particular',
      'many numerous various multiple often frequently commonly',
      'most majority mostly usually generally typically largely mainly primarily predominantly nearly almost virtually average',
      'all every each any whole entire everything everyone everybody everywhere anywhere universally universal always invariably never fully completely entirely totally perfectly wholly absolutely regardless',
    ],
    true,
  ),
  scale('certainty', [
    'speculate hypothesize conjecture may might could possibly perhaps potentially potential likely probably plausible',
    'suggest indicate hint imply appear seem tend',
    'show demonstrate find found reveal observe report confirm evidence',
    'prove proof guarantee establish certainly definitely inevitably undoubtedly necessarily must ensure',
  ]),
  scale('scope', [
    'mitigate reduce alleviate lower lessen ease decrease suppress diminish minimize',
    'eliminate eradicate abolish solve cure remove',
  ]),
  scale('comparison', [
    'comparable competitive par approach match similar rival close',
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
        const own = segment.reading.words.filter(({ stem: form }) => each.level.has(form))
        if (own.length > 0) looked[each.kind] = (looked[each.kind] ?? 0) + own.length
        const fault = stronger(matter, segment, each, own)
        if (fault) found.push(fault)
      }
    found.push(...bounds(matter))
    return { looked, found }
  },
}

const NEAR = 0.4

function stronger(
  matter: Matter,
  segment: Segment,
  { kind, level, top, absolute }: Scale,
  own: readonly Word[],
): Finding | undefined {
  const { passage, alignment, start } = segment
  const strongest = own.toSorted((a, b) => level.get(b.stem)! - level.get(a.stem)!)[0]
  if (strongest === undefined) return undefined
  const claimed = level.get(strongest.stem)!
  const there = passage.reading.words.filter(({ stem: form }) => level.has(form))
  const most = Math.max(-1, ...there.map(({ stem: form }) => level.get(form)!))
  if (claimed <= most) return undefined
  const elsewhere = [...matter.passages, ...matter.titles].some(({ reading }) =>
    reading.words.some(({ stem: form }) => (level.get(form) ?? -1) >= claimed),
  )
  if (elsewhere) return undefined
  const weaker = there.find(({ stem: form }) => level.get(form)! < claimed)
  if (weaker === undefined && !(absolute && claimed === top)) return undefined
  if (alignment.held < NEAR && !(absolute && claimed === top)) return undefined
  if (own.some((word) => word.negated && word === strongest)) return undefined
  return {
    kind,
    message: `says "${strongest.text}"${weaker ? ` where ${placeOf(passage)} says "${weaker.text}"` : `, which ${placeOf(passage)} does not`}: ${quoted(passage)}.`,
    clause: clauseAt(matter.clauses, start + strongest.start),
    sourceId: passage.source.cited.id,
  }
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
