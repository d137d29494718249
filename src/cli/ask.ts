import type { Signal } from '../domain/event.ts'
import { parseJson } from '../domain/exact.ts'
import type { Json } from '../domain/json.ts'
import type { OpenWait } from '../platform/run/waits.ts'
import { painter } from './format.ts'
import { personName } from './person.ts'
import { openTerminal, type Terminal, typedLines } from './terminal.ts'
import { waitText } from './waits.ts'

/** JSON where it is JSON, else the text itself. */
export const jsonOrText = (text: string): Json => {
  try {
    // A long number is an id: as text it stays what it is.
    return parseJson(text)
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
  open: OpenWait,
  signal: AbortSignal,
): Promise<Signal | undefined> => {
  const { wait } = open
  const paint = painter(terminal.color.err)
  const approval = wait.for === 'approval'
  const question = `${paint('bold', '?')} ${waitText(open)} ${paint('dim', approval ? '[y, or n and why] ' : '')}`
  while (!signal.aborted) {
    const answer = await askLine(question, signal)
    if (answer === undefined) return undefined
    const given = approval ? approvalOf(answer) : ({ kind: 'answer', value: jsonOrText(answer) } as const)
    if (given !== undefined) return { ...given, ...about(open) }
    terminal.err('  Please answer y or n.\n')
  }
  return undefined
}

/** What makes a signal one about this wait and no other, from this person. */
export const about = ({ step, wait }: OpenWait): Pick<Signal, 'step' | 'name' | 'hash' | 'by'> => ({
  step,
  name: wait.name,
  ...(wait.hash === undefined ? {} : { hash: wait.hash }),
  by: personName(),
})

/** Shows all that would be decided and asks whether to; false for anything but a yes, and when the input ends. */
export const confirmed = async (terminal: Terminal, open: OpenWait, question: string): Promise<boolean> => {
  const paint = painter(terminal.color.err)
  const asked = `${paint('bold', '?')} ${waitText(open)}\n  ${question} ${paint('dim', '[y or n]')} `
  const answer = await askLine(asked, new AbortController().signal)
  return /^\s*y(es)?\s*$/i.test(answer ?? '')
}
