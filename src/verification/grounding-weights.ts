/**
 * Which sentence of an abstract is the evidence. Fitted on the fitting part of SciFact by evals/scifact-fit.ts (`npm run eval -- fit-citations`); not edited by hand.
 */
export const RANK_WEIGHTS: Readonly<Record<string, number>> = {
  bias: -6.268,
  cover: 0.442,
  'cover/top': 1.975,
  best: 1.056,
  'cover+title': 0.728,
  'cover-title': 1.045,
  'cover near': -0.598,
  cosine: -0.14,
  pairs: -0.367,
  order: 1.46,
  names: -0.195,
  numbers: 0.571,
  'numbers held': -0.926,
  'heaviest miss': 0.53,
  same: -0.119,
  opposite: -0.528,
  directed: 0.566,
  finding: 0.406,
  aim: -0.906,
  states: 0.372,
  first: 0.224,
  last: -0.923,
  'last but one': -0.329,
  relative: 2.75,
  length: 0.532,
  short: -1.349,
}

/**
 * Whether an abstract supports a claim. Fitted on the fitting part of SciFact by evals/scifact-fit.ts (`npm run eval -- fit-citations`); not edited by hand.
 */
export const SUPPORT_WEIGHTS: Readonly<Record<string, number>> = {
  bias: -3.233,
  everything: 1.463,
  title: 1.871,
  window: 2.445,
  'best+title': 0.374,
  frequent: 0.034,
  pairs: 1.074,
  'heaviest miss': -0.794,
  names: 0.928,
  'no title': 0.571,
}

/**
 * Whether one sentence supports a claim. Fitted on the fitting part of SciFact by evals/scifact-fit.ts (`npm run eval -- fit-citations`); not edited by hand.
 */
export const SENTENCE_SUPPORT_WEIGHTS: Readonly<Record<string, number>> = {
  bias: -1.934,
  cover: 1.47,
  'cover+title': 2.768,
  cosine: 0.329,
  pairs: -0.159,
  order: -0.021,
  'heaviest miss': -0.454,
  names: 0.369,
  numbers: 0.253,
  'no title': 0.348,
}
