const IRREGULAR: { [third: string]: string } = { has: 'have', does: 'do', is: 'are', goes: 'go' }

/** `introduces` -> `introduce`; verbs that are no third person stay. */
export const base = (verb: string): string => {
  if (Object.hasOwn(IRREGULAR, verb)) return IRREGULAR[verb]!
  if (/(?:ss|us|is)$/.test(verb) || !verb.endsWith('s')) return verb
  if (/ies$/.test(verb)) return `${verb.slice(0, -3)}y`
  if (/(?:sh|ch|ss|x|zz)es$/.test(verb)) return verb.slice(0, -2)
  return verb.slice(0, -1)
}

/** `introduce` -> `introduces`. */
export const singular = (verb: string): string => {
  const irregular = Object.entries(IRREGULAR).find(([, plain]) => plain === verb)
  if (irregular !== undefined) return irregular[0]
  if (/(?:ed|ing|s)$/.test(verb) && !/ss$/.test(verb)) return verb
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ies`
  return /(?:sh|ch|ss|x|zz|o)$/.test(verb) ? `${verb}es` : `${verb}s`
}
