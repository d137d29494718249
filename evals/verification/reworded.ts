type Rewording = (text: string) => string | undefined

const lower = (text: string): string =>
  /^(?:The|A|An|These|This|It|They|On|In|Across)\b/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text
const upper = (text: string): string => text[0]!.toUpperCase() + text.slice(1)
const swap = (text: string, what: RegExp, by: string): string | undefined =>
  what.test(text) ? text.replace(what, by) : undefined

/** What a careful writer may do to a sentence without changing what it says. */
const REWORDINGS: readonly Rewording[] = [
  (text) => `They report that ${lower(text)}`,
  (text) => `The authors also observe that ${lower(text)}`,
  (text) => swap(text, /(\d)\s?\\?%/g, '$1 percent'),
  (text) => swap(text, /(\d)\s?[x×](?!\p{L})/gu, '$1-fold'),
  (text) => swap(text, /\b(?:significantly|effectively|consistently|substantially|notably|remarkably) /, ''),
  (text) => swap(text, /\b(?:novel|extensive|comprehensive|notable|strong) /, ''),
  // A last clause or phrase may go.
  (text) =>
    swap(
      text,
      /, (?:while|demonstrating|highlighting|suggesting|achieving|enabling|making|providing|which)\b[^,;]*\.$/,
      '.',
    ),
  // A phrase in front may go behind, and the other way round.
  (text) =>
    swap(text, /^((?:On|In|Across|For|Under|With) [^,]{6,50}), (.+)\.$/, '⟪$2 ⟫$1.')
      ?.replace(/⟪(.)/, (_, first: string) => first.toUpperCase())
      .replace(/⟫(.)/, (_, first: string) => first.toLowerCase()),
  (text) =>
    swap(text, /^(.+?) ((?:on|across) (?:\w+ ){0,3}(?:benchmarks|datasets|tasks|models))\.$/, '⟪$2, ⟫$1.')
      ?.replace(/⟪(.)/, (_, first: string) => first.toUpperCase())
      .replace(/⟫(.+)$/s, (_, rest: string) => lower(rest)),
  (text) => swap(text, /\b([a-z]{5,}) and ([a-z]{5,})(?=[.,])/, '$2 and $1'),
  (text) => swap(text, /\boutperforms\b/, 'beats'),
  (text) => swap(text, /\b(?:utilizes|leverages|employs)\b/, 'uses'),
  (text) => swap(text, /\bimproves\b/, 'enhances'),
  (text) => swap(text, /\breduces\b/, 'cuts'),
  (text) => swap(text, /\bsignificant\b/, 'considerable'),
  (text) =>
    swap(text, /^(.{20,80}?) (outperforms|surpasses) ([^,.]{5,60})\.$/, '$3 are outperformed by ⟫$1.')
      ?.replace(/^(.)/, (first) => first.toUpperCase())
      .replace(/⟫(.+)$/s, (_, rest: string) => lower(rest)),
]

/** One of the rewordings that fit, in turn; undefined where none does. */
export function reworded(text: string, turn: number): string | undefined {
  const fitting = REWORDINGS.map((each) => each(text)).filter((each) => each !== undefined)
  const chosen = fitting[turn % Math.max(1, fitting.length)]
  return chosen === undefined || chosen === text ? undefined : upper(chosen)
}
