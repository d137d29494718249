/** What is used of the Web Speech API: https://webaudio.github.io/web-speech-api/ */
type Recognition = {
  lang: string
  continuous: boolean
  interimResults: boolean
  onresult: ((event: { resultIndex: number; results: ArrayLike<Result> }) => void) | null
  onerror: ((event: { error: string }) => void) | null
  onend: (() => void) | null
  start(): void
  stop(): void
}
type Result = ArrayLike<{ transcript: string }> & { isFinal: boolean }
type Recogniser = new () => Recognition

const recogniser = (): Recogniser | undefined => {
  const found = globalThis as {
    SpeechRecognition?: Recogniser
    webkitSpeechRecognition?: Recogniser
  }
  return found.SpeechRecognition ?? found.webkitSpeechRecognition
}

export const canHear = (): boolean => recogniser() !== undefined

const problems: { [error: string]: string } = {
  'not-allowed': 'The microphone is not allowed here: allow it in the browser, or type the goal.',
  network: 'The browser could not reach what turns speech into text: type the goal.',
  'no-speech': 'Nothing was heard.',
  'audio-capture': 'No microphone was found: type the goal.',
}

/** Listens until the returned function is called, or the browser ends it. */
export const hear = (told: {
  onText: (text: string) => void
  onEnd: (problem?: string) => void
}): (() => void) => {
  const Made = recogniser()
  if (Made === undefined) return () => {}
  const recognition = new Made()
  recognition.lang = navigator.language
  recognition.continuous = true
  recognition.interimResults = false
  let problem: string | undefined
  recognition.onresult = ({ resultIndex, results }) => {
    for (let i = resultIndex; i < results.length; i++) {
      const text = results[i]?.[0]?.transcript.trim()
      if (results[i]?.isFinal && text) told.onText(text)
    }
  }
  recognition.onerror = ({ error }) => {
    problem = problems[error] ?? `Listening ended: ${error}.`
  }
  recognition.onend = () => told.onEnd(problem)
  recognition.start()
  return () => recognition.stop()
}

/** Reads a text aloud, or stops reading; false where the browser cannot. */
export const canSpeak = (): boolean => 'speechSynthesis' in globalThis

export const speak = (text: string, onEnd: () => void): (() => void) => {
  const utterance = new SpeechSynthesisUtterance(text)
  utterance.onend = onEnd
  utterance.onerror = onEnd
  speechSynthesis.cancel()
  speechSynthesis.speak(utterance)
  return () => speechSynthesis.cancel()
}
