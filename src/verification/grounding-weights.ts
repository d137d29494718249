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
  bias: -2.374,
  everything: -7.067,
  'everything^2': 6.19,
  title: 3.037,
  'title^2': -3.547,
  window: 1.123,
  size: -2.223,
  'size*everything': 3.449,
  'size*title': -0.011,
  'size*window': 1.899,
  'best+title': -0.571,
  frequent: -2.64,
  pairs: 0.077,
  order: 1.239,
  'title order': 1.538,
  'heaviest miss': -0.57,
  names: 0.916,
  numbers: 0.471,
  'no title': 0.729,
  repeated: 2.688,
  'latter half': 1.499,
  'closing cosine': 1.427,
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
