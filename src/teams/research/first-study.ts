import { cosine, type Idf, termVector } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import { type Approach, approachOf } from './approaches.ts'
import { attributionOf } from './attribution.ts'
import type { Claim, ClaimCitation, Reading, Statement } from './shapes.ts'

const LIKENESS_MIN = 0.06
const METHODS = new Set<Approach['key']>(['training', 'inference', 'architecture', 'data', 'system'])

/**
 * Where one could begin on an open problem: the named method among the papers read that is nearest to it, and what the paper that states
 * the gap measured it with. Undefined when neither is at hand.
 */
export const startFor = (
  id: string,
  problem: string,
  stating: Reading,
  readings: readonly Reading[],
  idf: Idf,
): Claim | undefined => {
  const nearest = nearestMethod(problem, stating, readings, idf)
  const yardstick = yardstickOf(stating)
  const measured: ClaimCitation = { paper: stating.id, quote: stating.title }
  if (nearest === undefined)
    return yardstick.name === ''
      ? undefined
      : {
          id,
          kind: 'mention',
          text: `Progress could be measured with ${yardstick.name} {1}.`,
          names: [yardstick.name],
          citations: [measured],
        }
  const { reading, noun } = nearest
  const opening = `A first study could apply ${reading.name} {1}, the nearest ${noun} among the papers read`
  const start: Claim = {
    id,
    kind: 'mention',
    text: `${opening}.`,
    names: [reading.name ?? ''],
    citations: [{ paper: reading.id, quote: reading.title }],
  }
  if (yardstick.text === '') return start
  return {
    ...start,
    text: `${opening}, and measure it with ${yardstick.text} {2}.`,
    names: [...start.names!, yardstick.name],
    citations: [...start.citations, measured],
  }
}

const offerOf = ({ statements }: Reading): Statement | undefined =>
  statements.find(({ kind }) => kind === 'contribution')

const nearestMethod = (
  problem: string,
  stating: Reading,
  readings: readonly Reading[],
  idf: Idf,
): { reading: Reading; noun: string } | undefined => {
  const own = termVector(stems(`${problem} ${stating.title}`), idf)
  let best: { reading: Reading; likeness: number; noun: string } | undefined
  for (const reading of readings) {
    const offer = offerOf(reading)
    if (reading.id === stating.id || reading.name === undefined || offer === undefined) continue
    const approach = approachOf(reading.title, [offer.sentence])
    if (!METHODS.has(approach.key)) continue
    const likeness = cosine(own, termVector(stems(`${reading.title} ${offer.sentence}`), idf))
    if (likeness >= LIKENESS_MIN && likeness > (best?.likeness ?? 0))
      best = { reading, likeness, noun: approach.noun[0] }
  }
  return best
}

/** A benchmark by its name, other work by its evaluation; a survey measures nothing. */
const yardstickOf = (stating: Reading): { text: string; name: string } => {
  const { key } = approachOf(stating.title, [offerOf(stating)?.sentence ?? ''])
  const named = stating.name ?? ''
  const name = key === 'benchmark' || /bench|eval/i.test(named) ? named : ''
  if (key === 'survey') return { text: '', name: '' }
  return { text: name === '' ? `the evaluation of ${attributionOf(stating).subject}` : name, name }
}
