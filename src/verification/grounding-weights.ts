/**
 * Which sentence of an abstract is the evidence. Fitted on the fitting part of SciFact by evals/scifact-fit.ts (`npm run eval -- fit-citations`); not edited by hand.
 */
export const RANK_WEIGHTS: Readonly<Record<string, number>> = {
  bias: -6.455,
  cover: 0.443,
  'cover/top': 2.027,
  best: 1.003,
  'cover+title': 0.866,
  'cover-title': 1.112,
  'cover near': -0.575,
  cosine: -0.143,
  pairs: -0.344,
  order: 1.494,
  names: -0.195,
  numbers: 0.535,
  'numbers held': -0.99,
  'heaviest miss': 0.633,
  same: -0.101,
  opposite: -0.503,
  directed: 0.541,
  finding: 0.412,
  aim: -0.901,
  states: 0.403,
  first: 0.222,
  last: -0.917,
  'last but one': -0.364,
  relative: 2.756,
  length: 0.512,
  short: -1.338,
}

/**
 * Whether an abstract supports a claim. Fitted on the fitting part of SciFact by evals/scifact-fit.ts (`npm run eval -- fit-citations`); not edited by hand.
 */
export const SUPPORT_WEIGHTS: Readonly<Record<string, number>> = {
  bias: -2.971,
  everything: -2.809,
  'everything^2': 3.374,
  title: 2.812,
  'title^2': -3.264,
  window: 1.427,
  size: -2.229,
  'size*everything': 2.123,
  'size*title': -0.396,
  'size*window': 3.322,
  'best+title': -1.017,
  frequent: -2.41,
  pairs: -0.42,
  order: 1.22,
  'title order': 1.758,
  'heaviest miss': -0.818,
  names: 0.918,
  numbers: 0.504,
  'no title': 0.872,
  repeated: 1.842,
  'latter half': 2.173,
  'closing cosine': 0.918,
}

/**
 * Whether one sentence supports a claim. Fitted on the fitting part of SciFact by evals/scifact-fit.ts (`npm run eval -- fit-citations`); not edited by hand.
 */
export const SENTENCE_SUPPORT_WEIGHTS: Readonly<Record<string, number>> = {
  bias: -2.146,
  cover: 1.393,
  'cover+title': 3.182,
  cosine: 0.318,
  pairs: -0.262,
  order: -0.033,
  'heaviest miss': -0.327,
  names: 0.351,
  numbers: 0.235,
  'no title': 0.386,
}
