import type { CitedReport, ClaimVerdict, SecondOpinion, Verification } from './claims.ts'
import { type VerifyOptions, verifyClaims } from './verify.ts'

/** What a second judge is asked: the claim and the cited texts, and not what the code found. */
export interface JudgeQuestion {
  /** Of the claim, for judges that were asked about all claims at once. */
  id: string
  claim: string
  passages: readonly { sourceId: string; text: string }[]
}

/** A second judge, usually a model: whether the passages support all that the claim says, and why. */
export type Judge = (question: JudgeQuestion) => Promise<{ supported: boolean; reason: string }>

const AT_ONCE = 4

/**
 * `verifyClaims`, and a second judge on every claim that cites something that exists. The code decides what is met; where the judge
 * says otherwise, `second.disagrees` says so. A judge that throws leaves `second` out: the claim was judged by the code alone.
 */
export async function verifyWithJudge(
  report: CitedReport,
  judge: Judge,
  options: VerifyOptions = {},
): Promise<Verification> {
  const verification = verifyClaims(report, options)
  const claims: ClaimVerdict[] = [...verification.claims]
  const waiting = [...claims.keys()]
  const work = async () => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const second = await asked(report, claims[at]!, at, judge)
      if (second) claims[at] = { ...claims[at]!, second }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { ...verification, claims }
}

async function asked(
  report: CitedReport,
  verdict: ClaimVerdict,
  at: number,
  judge: Judge,
): Promise<SecondOpinion | undefined> {
  const claim = report.claims[at]!
  const passages = claim.citations.flatMap(({ sourceId, sentence }) => {
    const source = report.sources.find(({ id }) => id === sourceId)
    const text = sentence === undefined ? source?.sentences.join(' ') : source?.sentences[sentence]
    return text === undefined ? [] : [{ sourceId, text }]
  })
  if (passages.length === 0) return undefined
  try {
    const { supported, reason } = await judge({ id: claim.id, claim: claim.text, passages })
    return { supported, reason, disagrees: supported !== verdict.met }
  } catch {
    return undefined
  }
}
