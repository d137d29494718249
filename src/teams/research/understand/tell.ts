import { listed } from '../phrasing.ts'
import type { Question, QuestionKind } from './question.ts'

const KINDS: { [kind in QuestionKind]: string } = {
  survey: 'a survey',
  which: 'which works best',
  list: 'a list',
  evaluated: 'how it is evaluated',
  compare: 'a comparison',
  'yes-no': 'whether or how well, with both sides',
  cause: 'the causes',
  how: 'how it is done',
  count: 'a count',
  paper: 'one paper',
  problems: 'open problems',
  disagree: 'where papers disagree',
  limits: 'the limits',
}

/** How a question was understood, in a line that a person can check and correct. */
export const toldUnderstanding = (question: Question): string => {
  const { topic, kind, sides, paper, period, exclude, problems, form, wordsMax, sentencesMax, itemsMax } =
    question
  const parts = [
    `topic “${paper ?? (topic === '' ? 'everything in the collection' : topic)}”`,
    `asked for ${KINDS[kind]}${sides.length === 2 ? ` of “${sides[0]}” and “${sides[1]}”` : ''}`,
    ...toldPeriod(period),
    ...(exclude.length === 0 ? [] : [`without ${listed(exclude)}`]),
    ...(problems > 0 ? [`${problems} open problem${problems === 1 ? '' : 's'}`] : []),
    ...(form === 'prose' ? [] : [`as ${form === 'bullets' ? 'bullet points' : `a ${form}`}`]),
    ...(itemsMax === undefined ? [] : [`${itemsMax} of them`]),
    ...(wordsMax === undefined ? [] : [`at most ${wordsMax} words`]),
    ...(sentencesMax === undefined ? [] : [`at most ${sentencesMax} sentences`]),
  ]
  return `${parts.join('; ')}${question.by === 'model' ? ' (by the model)' : ''}`
}

const toldPeriod = ({ since, until, lastDays, thisYear }: Question['period']): string[] => [
  ...(since === undefined ? [] : [`from ${since}`]),
  ...(until === undefined ? [] : [`to ${until}`]),
  ...(lastDays === undefined ? [] : [`the last ${lastDays} days`]),
  ...(thisYear === true ? ['this year'] : []),
]
