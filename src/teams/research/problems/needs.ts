import { approachOf } from '../approaches.ts'
import { attributionOf } from '../attribution.ts'
import type { Claim, Reading } from '../shapes.ts'

/** What an experiment on a problem would start from: the test of the paper that states it, where it brings one, or its setting. */
export const needsOf = (place: string, stating: Reading): Claim => {
  const offers = stating.statements
    .filter(({ kind }) => kind === 'contribution')
    .map(({ sentence }) => sentence)
  const { key } = approachOf(stating.title, offers)
  const named = stating.name ?? ''
  const isTest = named !== '' && (key === 'benchmark' || /bench|eval/i.test(named))
  const start = isTest
    ? `${named} {1}, which shows the failure`
    : `the setting of ${attributionOf(stating).subject} {1}`
  return {
    id: `${place}/needs`,
    kind: 'mention',
    text: `An experiment could start from ${start}, and would need systems that differ in one remedy at a time and a check of what the remedy costs elsewhere.`,
    names: [isTest ? named : ''],
    citations: [{ paper: stating.id, quote: stating.title }],
  }
}
