import { countText, plural, shorten, timeText } from '../domain/amounts.ts'
import type { Event, EventData, EventOf, Wait } from '../domain/event.ts'

/** `again` counts items to redo of a fan-out that was done. */
type Items = { count: number; done: number; failed: number; active: number; told: number; again: number }

export type StepProgress = {
  id: string
  agent: string
  status: 'pending' | 'running' | 'waiting' | 'retrying' | 'done' | 'failed' | 'skipped'
  startedAt: number
  tokens: number
  items?: Items
  redo: number
}

/** `start` and `part` are told where nothing is redrawn; the others always. */
export type Line = {
  kind: 'start' | 'part' | 'note' | 'end'
  mark: '›' | '✓' | '✗' | '!' | '↻' | '·'
  text: string
}

const titles: { [id: string]: string } = { $plan: 'plan', $feasible: 'feasible?', $check: 'check' }

const baseOf = (step: string): string => step.split('/')[0] ?? step

export const titleOf = (step: string): string => titles[step] ?? step

/** Lines of a run's progress as its events come; one line per step, however many items it has. */
export class Progress {
  readonly steps = new Map<string, StepProgress>()
  planSteps = 0
  version = 0
  #planProposed: string[] = []

  get done(): number {
    let done = 0
    for (const step of this.steps.values())
      if (!step.id.startsWith('$') && (step.status === 'done' || step.status === 'skipped')) done++
    return done
  }

  /** Steps at work now, in the order they started. */
  get active(): StepProgress[] {
    return [...this.steps.values()].filter((step) => ['running', 'waiting', 'retrying'].includes(step.status))
  }

  apply(event: Event): Line[] {
    this.version = event.version
    const tell = tellers[event.type] as ((progress: Progress, event: Event) => Line[]) | undefined
    return tell?.(this, event) ?? []
  }

  step(event: Event): StepProgress {
    const id = baseOf(event.step ?? '')
    let step = this.steps.get(id)
    if (step === undefined) {
      step = { id, agent: event.agent ?? '', status: 'pending', startedAt: event.at, tokens: 0, redo: 0 }
      this.steps.set(id, step)
    }
    if (event.agent !== undefined) step.agent = event.agent
    return step
  }

  propose(steps: EventData['plan.proposed']['steps']): void {
    this.#planProposed = steps.map((step) => step.id)
  }

  accept(): void {
    this.planSteps = this.#planProposed.length
    for (const id of [...this.steps.keys()]) if (!id.startsWith('$')) this.steps.delete(id)
  }
}

const line = (kind: Line['kind'], mark: Line['mark'], text: string): Line => ({ kind, mark, text })

/** `read (reader)`, or the agent alone for the run's own work. */
export const nameOf = ({ id, agent }: StepProgress): string =>
  agent === '' || agent === id ? titleOf(id) : `${titleOf(id)} (${agent})`

const tokensText = (tokens: number): string => (tokens > 0 ? `, ${plural(tokens, 'token')}` : '')

export const itemsText = ({ done, failed, count }: Items): string =>
  `${countText(done)} of ${plural(count, 'item')}${failed > 0 ? `, ${countText(failed)} failed` : ''}`

const endText = ({ count, failed, again }: Items): string =>
  `: ${plural(again > 0 ? again : count, 'item')}${again > 0 ? ' again' : ''}${failed > 0 ? `, ${countText(failed)} failed` : ''}`

const end = (step: StepProgress, at: number): Line => {
  step.status = 'done'
  const items = step.items === undefined ? '' : endText(step.items)
  if (step.items !== undefined) step.items.again = 0
  return line(
    'end',
    '✓',
    `${nameOf(step)}${items}, ${timeText(at - step.startedAt)}${tokensText(step.tokens)}`,
  )
}

/** Lines where nothing is redrawn: at most ten for a fan-out. */
const itemSettled = (step: StepProgress, items: Items, at: number): Line[] => {
  if (items.done + items.failed >= items.count) return [end(step, at)]
  if (items.done - items.told < Math.max(1, items.count / 10)) return []
  items.told = items.done
  return items.count > 1 ? [line('part', '·', `${nameOf(step)}: ${itemsText(items)}`)] : []
}

const isItem = (event: Event): boolean => event.step?.includes('/') === true

export const waitText = ({ for: kind, name, prompt, until }: Wait): string => {
  if (kind === 'timer' && until !== undefined) return `waits until ${new Date(until).toLocaleTimeString()}`
  if (kind === 'child') return 'waits for a child run'
  if (kind === 'approval') return `waits for approval: ${prompt ?? name}`
  return kind === 'answer' ? `waits for an answer: ${prompt ?? name}` : `waits for ${kind} "${name}"`
}

const started = (progress: Progress, event: EventOf<'step.started'>): Line[] => {
  const step = progress.step(event)
  const again = step.status === 'retrying' || step.status === 'waiting'
  if (isItem(event)) {
    if (step.items !== undefined && !again) step.items.active++
    step.status = 'running'
    return []
  }
  if (!again) step.startedAt = event.at
  step.status = 'running'
  return [
    line('start', '›', `${nameOf(step)}${event.data.attempt > 1 ? `, attempt ${event.data.attempt}` : ''}`),
  ]
}

const succeeded = (progress: Progress, event: EventOf<'step.succeeded'>): Line[] => {
  const step = progress.step(event)
  if (!isItem(event) || step.items === undefined) return [end(step, event.at)]
  step.items.active--
  step.items.done++
  return itemSettled(step, step.items, event.at)
}

const failed = (progress: Progress, event: EventOf<'step.failed'>): Line[] => {
  const step = progress.step(event)
  const { failure, retryAt, attempt } = event.data
  const who = isItem(event) ? `${event.step} (${step.agent})` : nameOf(step)
  if (retryAt !== undefined) {
    if (!isItem(event)) step.status = 'retrying'
    const wait = timeText(Math.max(0, retryAt - event.at))
    return [
      line('note', '!', `${who}: attempt ${attempt} failed, next in ${wait}: ${shorten(failure.message)}`),
    ]
  }
  if (isItem(event) && step.items !== undefined) {
    step.items.active--
    step.items.failed++
    const note = line('note', '✗', `${who}: ${shorten(failure.message)}`)
    return step.items.done + step.items.failed >= step.items.count ? [note, end(step, event.at)] : [note]
  }
  step.status = 'failed'
  return [line('end', '✗', `${who}: ${shorten(failure.message, 400)}`)]
}

type Tellers = { [T in Event['type']]?: (progress: Progress, event: EventOf<T>) => Line[] }

const list = (reasons: readonly string[]): string =>
  reasons.length === 0 ? '' : `: ${shorten([...new Set(reasons)].join('; '), 400)}`

const tellers: Tellers = {
  'run.suspended': (_, { data }) => [line('note', '!', `suspended: ${data.reason}`)],
  'plan.proposed': (progress, { data, step }) => {
    if (step === undefined) progress.propose(data.steps)
    return []
  },
  'plan.accepted': (progress, { step }) => {
    if (step !== undefined) return []
    progress.accept()
    return [line('note', '·', `plan: ${plural(progress.planSteps, 'step')}`)]
  },
  'plan.rejected': (_, { data, step }) =>
    step === undefined ? [line('note', '!', `plan ${data.version} rejected${list(data.reasons)}`)] : [],
  'step.scheduled': (progress, event) => {
    const step = progress.step(event)
    step.items = { count: event.data.items, done: 0, failed: 0, active: 0, told: 0, again: 0 }
    step.status = 'running'
    step.startedAt = event.at
    if (event.data.items === 0) return [end(step, event.at)]
    return [line('start', '›', `${nameOf(step)}: ${plural(event.data.items, 'item')}`)]
  },
  'step.started': started,
  'step.succeeded': succeeded,
  'step.failed': failed,
  'step.waiting': (progress, event) => {
    const step = progress.step(event)
    if (!isItem(event)) step.status = 'waiting'
    return [line('note', '·', `${nameOf(step)} ${waitText(event.data.wait)}`)]
  },
  'step.suspected': (progress, event) => {
    const times = plural(event.data.losses, 'process', 'processes')
    return [line('note', '!', `${nameOf(progress.step(event))} is executed alone: ${times} died during it`)]
  },
  'step.skipped': (progress, event) => {
    const step = progress.step(event)
    step.status = 'skipped'
    return [line('end', '·', `${nameOf(step)} skipped: ${shorten(event.data.reason)}`)]
  },
  'step.redone': (progress, event) => {
    const step = progress.step(event)
    if (isItem(event) && step.items !== undefined) {
      step.items.done--
      step.items.again++
    } else delete step.items
    step.status = 'pending'
    step.startedAt = event.at
    step.redo = event.data.redo
    const { feedback } = event.data
    return [
      line(
        'note',
        '↻',
        `${titleOf(event.step ?? '')} again${feedback === undefined ? '' : `: ${shorten(feedback)}`}`,
      ),
    ]
  },
  'model.answered': (progress, event) => {
    progress.step(event).tokens += event.data.tokens
    return []
  },
  'check.met': (_, { data, step }) =>
    step === undefined ? [line('note', '✓', `check met${list(data.reasons)}`)] : [],
  'check.unmet': (_, { data, step }) =>
    step === undefined ? [line('note', '!', `check not met${list(data.reasons)}`)] : [],
  'budget.exhausted': (_, { data }) => [
    line('note', '!', `budget: ${data.limit} allows ${data.allowed}, ${data.used} are used`),
  ],
}
