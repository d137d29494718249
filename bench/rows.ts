import type { Measured } from './measure.ts'
import type { SubjectRef } from './subject.ts'

/** What has to hold: a ratio to the floor, or an absolute figure in the row's unit. */
export type Target = { timesFloor: number } | { most: number }

export type Outcome = {
  title: string
  unit: string
  floor: number
  concord: number
  ratio: number
  target: string
  /** `shown` where nothing is judged; undefined where it could not be measured. */
  met: boolean | 'shown' | undefined
}

export type Row = {
  title: string
  unit: string
  /** Units of the row in one piece of a subject's work: six steps in a run. */
  perWork: number
  /** Milliseconds to the row's unit: 1000 for microseconds. */
  scale: number
  floor: SubjectRef
  /** Shown beside the floor, judged by nothing. */
  others?: readonly SubjectRef[]
  concord: SubjectRef
  /** Absent where only the ratio is shown. */
  target?: Target
  /** Judged beside the target, from the figures of each subject in the row's unit, a round each. */
  also?(figures: (ref: SubjectRef) => number[]): Outcome[]
  /** Said below the row, from what was measured. */
  notes?(measured: readonly Measured[]): string[]
}
