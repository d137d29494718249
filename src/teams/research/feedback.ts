/** What was wrong with a claim, as it travels in a redo's feedback: one line a claim, its id first. */
export type Complaint = { claim: string; message: string }

/** Heads the feedback on what a model wrote twice: it is not asked a third time. */
const LAST_TRY = 'by classical methods'

export const isLastTry = (feedback: string | undefined): boolean =>
  feedback?.startsWith(`${LAST_TRY}\n`) === true

export const lastTry = (feedback: string): string => `${LAST_TRY}\n${feedback}`

const LINE = /^(\S+): (.*)$/

export const feedbackText = (complaints: readonly Complaint[]): string =>
  complaints.map(({ claim, message }) => `${claim}: ${message.replace(/\s+/g, ' ')}`).join('\n')

export const readFeedback = (feedback: string | undefined): Complaint[] =>
  (feedback ?? '').split('\n').flatMap((line) => {
    const match = LINE.exec(line.trim())
    return match === null ? [] : [{ claim: match[1]!, message: match[2]! }]
  })

/** Ids of the claims complained about, each once, in order. */
export const complainedOf = (feedback: string | undefined): string[] => [
  ...new Set(readFeedback(feedback).map(({ claim }) => claim)),
]
