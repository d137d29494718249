import { upperFirst } from '../phrasing.ts'
import type { Claim } from '../shapes.ts'

/** What the report says of the reading itself, not of any paper: the only sentences that need no source, so they are all listed here. */
export const NOTES = {
  noRanking:
    'The figures below are each paper’s own, measured in its own setting, so they describe the methods and do not rank them.',
  bothSides: 'The papers read report evidence on both sides.',
  onlyFor: 'What the papers read report speaks for it; no report against it was found among them.',
  onlyAgainst:
    'What the papers read report speaks against it or sets limits; no report for it was found among them.',
  noStance:
    'The papers read do not say so in words that could be taken for either side; what they report instead follows.',
  causesDiffer: 'The papers read name different causes.',
  noDirect: 'No paper read compares the two directly; what follows is what each side’s papers report.',
  noDifference: 'No two papers read were found to report opposite effects of the same thing in plain words.',
  nothingBears: 'No other paper read bears on it directly.',
} as const

export type NoteKey = keyof typeof NOTES

export const note = (key: NoteKey): Claim => ({
  id: `note/${key}`,
  kind: 'note',
  text: NOTES[key],
  citations: [],
})

/** Opens the papers that bear on an open problem. */
export const BEARS = 'What bears on it:'

/** `On chain-of-thought, ...`: the subject is one of the fixed list. */
export const noteOn = (subject: string, same: boolean): Claim => ({
  id: `note/${same ? 'same' : 'different'}/${subject}`,
  kind: 'note',
  text: `${upperFirst(subject)}: ${same ? SAME : DIFFERENT}`,
  citations: [],
})

const SAME = 'two papers report an effect in the same direction.'
const DIFFERENT = 'two papers report effects in different directions.'

export const isNote = (text: string): boolean =>
  Object.values<string>(NOTES).includes(text) || text.endsWith(`: ${SAME}`) || text.endsWith(`: ${DIFFERENT}`)
