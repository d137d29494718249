const isLead = (code: number): boolean => (code & 0xfc00) === 0xd800
const isTrail = (code: number): boolean => (code & 0xfc00) === 0xdc00

/** The first `max` characters of a text (UTF-16 units), or one less: no pair of surrogates is cut in two. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text
  return text.slice(0, max > 0 && isLead(text.charCodeAt(max - 1)) ? max - 1 : Math.max(0, max))
}

/** A range of a text, made smaller at each end where it would cut a pair of surrogates in two. */
export const cutRange = (text: string, start: number, end: number): string =>
  cut(text, end).slice(start > 0 && isTrail(text.charCodeAt(start)) ? start + 1 : start)
