import { plural, shorten, timeText } from '../domain/amounts.ts'
import { painter } from './format.ts'
import { itemsText, type Line, nameOf, type Progress, type StepProgress } from './progress.ts'
import { control, type Terminal } from './terminal.ts'

export type ProgressView = {
  tell(lines: readonly Line[]): void
  /** Takes what is redrawn off the screen, for a question or the report; `tell` and time bring it back. */
  pause(): void
  resume(): void
  close(): void
}

const frameMs = 120
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Plain lines in a pipe; on a terminal what is done scrolls by and what is at work is one line per step, redrawn in place. */
export const progressView = (terminal: Terminal, progress: Progress): ProgressView =>
  terminal.live ? liveView(terminal, progress) : plainView(terminal)

const paintLine = (terminal: Terminal, { mark, text }: Line): string => {
  const paint = painter(terminal.color.err)
  const colors = { '✓': 'green', '✗': 'red', '!': 'yellow', '↻': 'yellow', '›': 'dim', '·': 'dim' } as const
  return `${paint(colors[mark], mark)} ${text}\n`
}

const plainView = (terminal: Terminal): ProgressView => ({
  tell: (lines) => {
    for (const line of lines) terminal.err(paintLine(terminal, line))
  },
  pause() {},
  resume() {},
  close() {},
})

const stepLine = (step: StepProgress, now: number): string => {
  const parts = [nameOf(step)]
  if (step.items !== undefined) parts.push(itemsText(step.items))
  if (step.status === 'waiting') parts.push('waiting')
  if (step.status === 'retrying') parts.push('will try again')
  parts.push(timeText(Math.floor(Math.max(0, now - step.startedAt) / 100) * 100))
  if (step.tokens > 0) parts.push(plural(step.tokens, 'token'))
  return parts.join(', ')
}

const liveView = (terminal: Terminal, progress: Progress): ProgressView => {
  const paint = painter(terminal.color.err)
  let drawn = 0
  let frame = 0
  let paused = false

  // To the first column first: a typed ^C has moved the cursor.
  const erase = (): string => (drawn === 0 ? '' : `${control('\r')}${control(`[${drawn}A`)}${control('[0J')}`)

  const liveLines = (): string[] => {
    const room = Math.max(1, Math.min(12, terminal.rows - 3))
    const width = terminal.columns - 3
    const { active } = progress
    const now = Date.now()
    const lines = active
      .slice(0, room)
      .map(
        (step) =>
          `${paint('cyan', frames[frame % frames.length] ?? '')} ${shorten(stepLine(step, now), width)}`,
      )
    if (active.length > room) lines.push(paint('dim', `  and ${active.length - room} more at work`))
    if (progress.planSteps > 0)
      lines.push(paint('dim', `  ${progress.done} of ${plural(progress.planSteps, 'step')} done`))
    return lines
  }

  const draw = (above = ''): void => {
    const lines = paused ? [] : liveLines()
    terminal.err(`${erase()}${above}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }

  const timer = setInterval(() => {
    frame++
    if (!paused) draw()
  }, frameMs)
  timer.unref()

  const pause = () => {
    if (drawn > 0) terminal.err(erase())
    drawn = 0
    paused = true
  }
  return {
    tell(lines) {
      const told = lines.filter(({ kind }) => kind !== 'start' && kind !== 'part')
      draw(told.map((line) => paintLine(terminal, line)).join(''))
    },
    pause,
    resume() {
      paused = false
    },
    close() {
      clearInterval(timer)
      pause()
    },
  }
}
