import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { visible } from '../domain/visible.ts'

/*
 * The only file of the command line that writes to a terminal or a pipe (a test reads the sources to
 * see that): whatever comes from models, documents, agents, goals and errors passes `shown`.
 */

/** Stands before what this program itself tells the terminal; no data can know it. */
const mark = randomBytes(12).toString('hex')

const command = /^(?:\r|\[[0-9;]*[A-Za-z])/

/** A control sequence of our own (`[1m`, or a carriage return) as `out` and `err` let it pass. */
export const control = (sequence: string): string => `\u001b${mark}${sequence}`

/** Text that was made safe elsewhere, with colours in it. */
export const colored = (text: string): string => text.replaceAll('\u001b', `\u001b${mark}`)

const ownOr = (part: string): string => {
  const own = command.exec(part)?.[0] ?? ''
  return `${own.startsWith('[') ? '\u001b' : ''}${own}${visible(part.slice(own.length))}`
}

/** What reaches the terminal of a text: our own sequences as they are, all others as code points. */
export const shown = (text: string): string => {
  const [first = '', ...parts] = text.split(`\u001b${mark}`)
  return visible(first) + parts.map(ownOr).join('')
}

/** Where a command writes: results to `out`, everything about the run to `err`. */
export type Terminal = {
  out(text: string): void
  err(text: string): void
  /** `out` that resolves when the reader keeps up: for more than fits into memory. */
  outInTurn(text: string): Promise<void>
  /** Both a person reads what is written and can type an answer. */
  interactive: boolean
  /** Whether lines on `err` can be rewritten in place. */
  live: boolean
  color: { out: boolean; err: boolean }
  columns: number
  /** Whether `out` is a terminal, whose lines have an end. */
  bounded: boolean
  rows: number
}

const wantsColor = (stream: NodeJS.WriteStream, noColor: boolean): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (noColor || (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true
  return stream.isTTY === true
}

export const openTerminal = (noColor = false): Terminal => {
  const { stdin, stdout, stderr } = process
  return {
    out: (text) => void stdout.write(shown(text)),
    err: (text) => void stderr.write(shown(text)),
    async outInTurn(text) {
      if (!stdout.write(shown(text)) && !stdout.destroyed) await once(stdout, 'drain')
    },
    bounded: stdout.isTTY === true,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    live: stderr.isTTY === true && process.env.TERM !== 'dumb',
    color: { out: wantsColor(stdout, noColor), err: wantsColor(stderr, noColor) },
    get columns() {
      return stderr.columns ?? stdout.columns ?? 100
    },
    get rows() {
      return stderr.rows ?? 30
    },
  }
}

/** A reader that went away (`concord runs | head -1`) is no error: what would be written to it is dropped. */
export const ignoreBrokenPipes = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
}

/** Reads what a person types; questions are written beside the results. */
export const typedLines = (): { question(text: string, answer: (line: string) => void): void } & Pick<
  Interface,
  'on' | 'close'
> => {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  return {
    question: (text, answer) => reader.question(shown(text), answer),
    on: reader.on.bind(reader),
    close: () => reader.close(),
  }
}

/** What was written to a pipe may still be on its way: past 64 KiB it waits for the reader, and ends where the process ends. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((done) => {
    if (stream.destroyed || stream.writableLength === 0) done()
    else stream.write('', () => done())
  })

export const flushTerminal = async (): Promise<void> => {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
}
