/**
 * Whether sentences that speak of a claim's matter say the same of it. Fitted by
 * evals/stance-fit.ts (`npm run eval -- fit-stance`) on the fitting part of SciFact, on turned
 * conclusions and on planted summaries; not edited by hand.
 */
export const STANCE_WEIGHTS: Readonly<Record<string, number>> = {
  bias: 0.982,
  direction: 5.804,
  'direction most': 4.026,
  link: -6.039,
  'link most': 6.374,
  valence: -0.853,
  'valence most': 1.735,
  against: -0.51,
  'against most': -0.154,
  parity: -0.747,
  'parity most': -0.213,
  pairs: 1.068,
  'pairs most': -0.22,
  odds: 0.123,
  'odds most': 0.632,
  'denied here': -1.891,
  'side held': -0.766,
  'side opposite': -1.409,
  'side missing': -0.993,
  'opposites held': -1.338,
  'unwelcome missing': -0.843,
  match: 0.603,
  'match exact': 0.386,
  'match least': 0.289,
  'match most': -0.75,
  'link least': 4.257,
  'valence least': 1.958,
  'odds least': 0.189,
  'direction least': 8.746,
  'pairs least': -0.09,
}
