import { visible } from '../../../src/client.ts'

const units: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/** A duration as people say it: `840 ms`, `3.2 s`, `4 min 10 s`. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  const at = units.findIndex(([size]) => ms >= size)
  const [size, name] = units[at] ?? [1_000, 's']
  const whole = Math.floor(ms / size)
  const [below, belowName] = units[at + 1] ?? [0, '']
  const rest = below === 0 ? 0 : Math.floor((ms - whole * size) / below)
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${belowName}`
}

/** How long ago, roughly. */
export const ago = (at: number, now: number): string => {
  const ms = now - at
  if (ms < 5_000) return 'just now'
  const [size, name] = units.find(([size]) => ms >= size) ?? [1_000, 's']
  return `${Math.floor(ms / size)} ${name} ago`
}

export const instant = (at: number): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format(at)

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
export const count = (n: number): string =>
  n < 10_000 ? n.toLocaleString('en') : compact.format(n)

export const money = (amount: number): string => (amount === 0 ? '0' : amount.toPrecision(2))

export const plural = (n: number, one: string): string => `${count(n)} ${one}${n === 1 ? '' : 's'}`

/** Text that steers nothing: marks that turn or hide what is around them are shown as what they are. */
export const plain = visible

export const short = (text: string, most: number): string => {
  const shown = plain(text)
  return shown.length <= most ? shown : `${shown.slice(0, most - 1).trimEnd()}\u2026`
}
