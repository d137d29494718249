/** How amounts are written for people, the same in progress, traces and narratives. */

/** `0 ms`, `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`. */
export const timeText = (ms: number): string => {
  if (ms < 1) return '0 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

export const countText = (count: number): string =>
  String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',')

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`

/** Money is in the config's currency, which has no name here. */
export const moneyText = (money: number): string => money.toFixed(money < 1 ? 4 : 2)

type Spent = { tokens: number; money: number; cachedTokens?: number | undefined }

export const spentText = ({ tokens, money, cachedTokens = 0 }: Spent): string =>
  [
    ...(tokens > 0
      ? [plural(tokens, 'token') + (cachedTokens > 0 ? ` (${countText(cachedTokens)} cached)` : '')]
      : []),
    ...(money > 0 ? [`${moneyText(money)} in money`] : []),
  ].join(', ')

/** One line of at most `most` characters. */
export const shorten = (text: string, most = 200): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}
