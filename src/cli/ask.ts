import type { Signal } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import { painter } from './format.ts'
import { openTerminal, type Terminal, typedLines } from './terminal.ts'
import type { OpenWait } from './waits.ts'

/** JSON where it is JSON, else the text itself. */
export const jsonOrText = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** One line typed by the person; undefined when the input ended or `signal` came. Ctrl-C is handed on as the signal it would be. */
const askLine = (question: string, signal: AbortSignal): Promise<string | undefined> =>
  new Promise((resolve) => {
    const reader = typedLines()
    let done = false
    const finish = (answer: string | undefined) => {
      if (done) return
      done = true
      signal.removeEventListener('abort', stop)
      reader.close()
      resolve(answer)
    }
    const stop = () => {
      if (!done) openTerminal().err('\n')
      finish(undefined)
    }
    signal.addEventListener('abort', stop, { once: true })
    reader.on('SIGINT', () => {
      process.emit('SIGINT', 'SIGINT')
      finish(undefined)
    })
    reader.on('close', () => finish(undefined))
    reader.question(question, finish)
    if (signal.aborted) stop()
  })

const approvalOf = (answer: string): Signal | undefined => {
  const [, verdict = '', why = ''] = /^\s*(\w+)[\s,:]*(.*)$/.exec(answer) ?? []
  if (/^(y|yes|approve)$/i.test(verdict)) return { kind: 'approve', ...(why === '' ? {} : { value: why }) }
  if (/^(n|no|reject)$/i.test(verdict)) return { kind: 'reject', ...(why === '' ? {} : { value: why }) }
  return undefined
}

/** Asks the person until the answer can be understood; undefined when the input ended or `signal` came. */
export const askPerson = async (
  terminal: Terminal,
  { step, wait }: OpenWait,
  signal: AbortSignal,
): Promise<Signal | undefined> => {
  const paint = painter(terminal.color.err)
  const prompt = wait.prompt ?? `Step "${step}" waits for ${wait.for} "${wait.name}"`
  const approval = wait.for === 'approval'
  const question = `${paint('bold', '?')} ${prompt} ${paint('dim', approval ? '[y, or n and why] ' : '')}`
  while (!signal.aborted) {
    const answer = await askLine(question, signal)
    if (answer === undefined) return undefined
    const given = approval ? approvalOf(answer) : ({ kind: 'answer', value: jsonOrText(answer) } as const)
    if (given !== undefined) return { ...given, step, name: wait.name, by: 'user' }
    terminal.err('  Please answer y or n.\n')
  }
  return undefined
}
