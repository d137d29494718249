import type { ApproachKey } from '../approaches.ts'

/** Said of what the paper overcomes, not of what stays open. */
const OVERCOME =
  /\b(?:overcom\w*|address(?:es|ing)?|resolv\w+|mitigat\w+|alleviat\w+|solv(?:es?|ing)|tackl\w+|bridg\w+|clos(?:es|ing)|remed\w+|circumvent\w*)\b|\bto (?:this|that) end\b|\bwithout (?:suffering|sacrificing|degrad\w+|compromis\w+|requiring)\b|\b(?:ours?|the proposed) [^.;]{0,40}(?:improves?|reduces?|outperforms?|surpass\w*|achiev\w+)\b|\b(?:outperform|surpass)\w*\b/i
/** Said of what came before. */
const OTHERS =
  /\b(?:existing|prior|previous|conventional|traditional|earlier|baseline|current|most|many|other) (?:\w+ ){0,2}(?:methods?|approach\w*|works?|techniques?|studies|solutions|strategies|pipelines?|frameworks?|benchmarks?|datasets?|(?:[\w-]*LL?Ms?|[\w-]*VLMs?|LMMs?|models?))\b/i
/** Said of what was reached. */
const REACHED =
  /\b(?:achiev\w+|attain\w*|impressive|state-of-the-art|promising|competitive|we (?:also |further )?(?:introduce|propose|present|construct|release)|narrow\w* the (?:\w+ )?gap|learnable)\b/i
const TURN = /\b(?:but|however|yet|while|although|though|despite|only|far below|still|fails?|struggl\w*)\b/i
const STATED =
  /\b(?:future (?:work|research|studies|directions?)|open (?:problems?|questions?|challenges?)|remains? (?:an? )?(?:open|unclear|unsolved|unknown|challenging|difficult)|limitations? (?:of|include|is)|we leave|further (?:research|work|study) )/i
/** Work that looks on others' work. */
export const LOOKING_ON: ReadonlySet<ApproachKey> = new Set(['survey', 'analysis', 'benchmark', 'data'])

export type Place = {
  /** Whether the paper has stated its own contribution before. */
  afterOffer: boolean
  section?: string
  approach: ApproachKey
}

/**
 * Whether a sentence that states a gap leaves it open: a limitation, a failure found, future work. The motivation of a paper that
 * claims to close the gap does not, nor does what a method's paper says of other methods.
 */
export const leavesOpen = (sentence: string, { afterOffer, section, approach }: Place): boolean => {
  if (section === 'limitations') return true
  if (!afterOffer && !(approach === 'survey' && STATED.test(sentence))) return false
  if (OVERCOME.test(sentence) && !STATED.test(sentence)) return false
  if (REACHED.test(sentence) && !TURN.test(sentence)) return false
  return LOOKING_ON.has(approach) || STATED.test(sentence) || !OTHERS.test(sentence)
}
