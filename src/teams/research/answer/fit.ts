import { phrasePattern } from '../../../domain/text/phrases.ts'
import { namesOf } from '../understand/concepts.ts'
import type { Question } from '../understand/question.ts'
import { AGAINST, cueFor, FOR } from './cues.ts'

/** Where a subject stands: a sentence counts more in a paper that is about it. */
const PLACE = { both: 1.2, sentence: 0.85, title: 0.6 }
const TITLE_SHARE = 0.5
/** More for the question's own word than for one that the glossary knows beside it. */
const EXACT = 0.4
const WORTH = { concepts: 0.6, aspect: 0.12, aspectMax: 0.24, cue: 0.3, figure: 0.1 }
const placeOf = (inSentence: boolean, inTitle: boolean): number =>
  inSentence ? (inTitle ? PLACE.both : PLACE.sentence) : inTitle ? PLACE.title : 0
const FIGURE = /\d(?:[\d.,]*\d)?\s*(?:\\?%|points?\b|[x×]\b)/i

/** How well a sentence of a paper answers a question, 0 to about 1.2: does it speak of the subject, and in words that answer. */
export const fitOf = (question: Question): ((sentence: string, title: string) => number) => {
  const telling = question.concepts.filter(({ field }) => !field)
  const patterns = telling.map((concept) => phrasePattern(namesOf(concept)))
  const exact = telling.map(({ text }) => phrasePattern([text]))
  const aspects = question.aspects.map((word) => phrasePattern([word]))
  const cue = cueFor(question.kind)
  const wantsFigures = ['which', 'compare', 'yes-no'].includes(question.kind)
  return (sentence, title) => {
    const concepts =
      patterns.length === 0
        ? TITLE_SHARE
        : patterns.reduce(
            (sum, pattern, at) =>
              sum +
              placeOf(pattern.test(sentence), pattern.test(title)) +
              (exact[at]!.test(`${title} ${sentence}`) ? EXACT : 0),
            0,
          ) / patterns.length
    const aspect = aspects.filter((pattern) => pattern.test(sentence)).length * WORTH.aspect
    const cued =
      question.kind === 'yes-no' ? FOR.test(sentence) || AGAINST.test(sentence) : cue?.test(sentence) === true
    return (
      WORTH.concepts * concepts +
      Math.min(WORTH.aspectMax, aspect) +
      (cued ? WORTH.cue : 0) +
      (wantsFigures && FIGURE.test(sentence) ? WORTH.figure : 0)
    )
  }
}
