/** What a citation points at: a source, better one sentence of it, better still with the words said to stand there. */
export interface Citation {
  sourceId: string
  /** Words said to stand in the source as they are. */
  quote?: string
  /** Index of the cited sentence in the source's `sentences`; without it the whole source is cited. */
  sentence?: number
}

/**
 * What a text is: a `statement`; a `title` or a `question`, of which only what they state is judged; a `sum` over papers, which every
 * cited source must support by itself.
 */
export type ClaimForm = 'statement' | 'title' | 'question' | 'sum'

export interface CitedClaim {
  id: string
  text: string
  citations: readonly Citation[]
  /** Default `statement`. */
  form?: ClaimForm
}

export interface CitedSource {
  id: string
  title: string
  sentences: readonly string[]
  /** Names as the source prints them; without them attributions are not looked at. */
  authors?: readonly string[]
  /** Year or ISO date; without it years of attributions are not looked at. */
  published?: string
}

export interface CitedReport {
  claims: readonly CitedClaim[]
  sources: readonly CitedSource[]
}

/**
 * The kinds of fault that are looked for.
 * - `source`: no citation, or one of a source or sentence that does not exist; `quote`: not word for word; `duplicate`: said or cited twice
 * - `support`: the cited text does not say it; `contradiction`: it says the opposite; `negation`: a "not" too many or too few
 * - `number`: another number, or a number of something else; `unit`: per cent for times, thousand for million; `count`: a sum that is wrong
 * - `entity`: another system, data set or name; `role`: who did what to whom is exchanged; `comparison`: bounds and "better than" turned round
 * - `scope`: some become all, "up to" is lost; `certainty`: "may" becomes "does", "suggests" becomes "proves"; `cause`: a link becomes a cause
 * - `time`: another year, or "still" where the source speaks of its own time; `attribution`: other authors or another year
 */
export type FaultKind =
  | 'source'
  | 'quote'
  | 'duplicate'
  | 'support'
  | 'contradiction'
  | 'negation'
  | 'number'
  | 'unit'
  | 'count'
  | 'entity'
  | 'role'
  | 'comparison'
  | 'scope'
  | 'certainty'
  | 'cause'
  | 'time'
  | 'attribution'

export interface Fault {
  kind: FaultKind
  claimId: string
  /** Index in the claim's `clauses`; absent when the fault is the claim's as a whole or a citation's. */
  clause?: number
  /** A sentence that names the claim, what is wrong and what the source says. */
  message: string
  /** The source meant, when it is one. */
  sourceId?: string
  /** Index in the claim's `citations`, when dropping that citation is the repair. */
  citation?: number
}

/** A clause and the one sentence that carries it best. */
export interface ClauseVerdict {
  text: string
  start: number
  end: number
  /** 0 to 1: how much of the clause the cited texts hold. */
  support: number
  evidence?: { sourceId: string; sentence: number }
}

export interface ClaimVerdict {
  claimId: string
  met: boolean
  clauses: ClauseVerdict[]
  faults: Fault[]
  /** How many things of each kind were compared with a source; a kind that is absent was not looked for. */
  looked: Partial<Record<FaultKind, number>>
  /**
   * What the cited text has to do with the claim; absent for titles, questions and claims without a
   * source.
   */
  stance?: Stance
  /** The claim without what is wrong, where clauses or citations can be dropped and something is left. */
  repaired?: CitedClaim
  /** What a second judge said; see `verifyWithJudge`. */
  second?: SecondOpinion
}

/**
 * - `supports`: the cited text says it, and the direction and the links of what it says are those of the claim
 * - `contradicts`: it says the opposite
 * - `unclear`: it speaks of the matter and nothing was found against the claim, but its direction cannot be laid beside the claim's;
 *   or it does not carry the claim
 */
export type Stance = 'supports' | 'unclear' | 'contradicts'

export interface SecondOpinion {
  supported: boolean
  reason: string
  /** Whether it contradicts the code. */
  disagrees: boolean
}

export interface Verification {
  /** Nothing was found. */
  met: boolean
  claims: ClaimVerdict[]
  faults: Fault[]
  /** The message of each fault. */
  reasons: string[]
  /** Per kind: things compared and faults found. */
  kinds: Partial<Record<FaultKind, { looked: number; found: number }>>
  /** Claims to write again, with what is wrong with each. */
  redo?: { claimId: string; feedback: string }[]
}
