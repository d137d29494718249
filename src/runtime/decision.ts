import { ConcordError } from '../domain/errors.ts'
import type { Signal } from '../domain/event.ts'
import { copyJson } from '../domain/json.ts'
import { openWaits, type Run, type WaitView } from '../domain/run.ts'
import { hashTypedMin, isDecision } from '../domain/wait.ts'

const fitting: { [kind: string]: readonly string[] } = {
  approve: ['approval', 'answer'],
  reject: ['approval', 'answer'],
  answer: ['answer'],
}

const isMeant = (signal: Signal, wait: WaitView): boolean =>
  fitting[signal.kind]?.includes(wait.for) === true &&
  (signal.step === undefined || signal.step === wait.step) &&
  (signal.name === undefined || signal.name === wait.name) &&
  (signal.hash === undefined ||
    (signal.hash.length >= hashTypedMin && wait.hash?.startsWith(signal.hash) === true))

/**
 * A decision (approve, reject, answer) bound to the one wait it names by `hash` or `name`; other signals as they are. A wait that is
 * over is not followed by the next: sent twice, a decision decides nothing else. Throws `input.invalid` where neither is named, and
 * `run.not-waiting` where no wait fits, or several; both list the waits.
 */
export const bound = (run: Run, signal: Signal): Signal => {
  const { kind } = signal
  if (!isDecision(kind)) return signal
  const waits = openWaits(run)
  const list = (shown: readonly WaitView[]) => ({
    details: { waits: shown.map((wait) => copyJson(wait)) },
  })
  if (signal.hash === undefined && signal.name === undefined)
    throw new ConcordError(
      'input.invalid',
      `Cannot ${kind} in run "${run.id}" as a decision names what it is about: neither "hash" nor "name" is given; ${wayOut(waits, run.id)}`,
      list(waits),
    )
  const meant = waits.filter((wait) => isMeant(signal, wait))
  const [only, second] = meant
  if (only !== undefined && second === undefined)
    return {
      ...signal,
      step: only.step,
      name: only.name,
      ...(only.hash === undefined ? {} : { hash: only.hash }),
    }
  throw new ConcordError(
    'run.not-waiting',
    only === undefined
      ? `Cannot ${kind} as run "${run.id}" does not wait for ${signal.name ?? signal.hash}: it may have been decided; ${wayOut(waits, run.id)}`
      : `Cannot ${kind} as one wait must be meant: ${meant.length} fit; add "step", or name one by its "hash"`,
    list(only === undefined ? waits : meant),
  )
}

const wayOut = (waits: readonly WaitView[], run: string): string =>
  waits.length === 0
    ? 'it waits for nothing now'
    : `it waits for ${waits.map(({ step, name, hash }) => `"${name}" (step ${step}${hash === undefined ? '' : `, hash ${hash}`})`).join(', ')}; see "waits" of GET /runs/${run}`
