/**
 * What is published as `@concord-agents/concord/verification`: loaded by who checks reports, not by
 * everyone who runs agents.
 */
export type {
  Citation,
  CitedClaim,
  CitedReport,
  CitedSource,
  ClaimForm,
  ClaimVerdict,
  ClauseVerdict,
  Fault,
  FaultKind,
  SecondOpinion,
  Stance,
  Verification,
} from './claims.ts'
export { type Judge, type JudgeQuestion, verifyWithJudge } from './judge.ts'
export { type VerifyOptions, verifyClaims } from './verify.ts'
