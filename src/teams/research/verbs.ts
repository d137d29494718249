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

/** `translate` -> `translating`; a few short verbs double their last letter. */
export const gerund = (verb: string): string => {
  if (/(?:[^aeiou]|u)e$/.test(verb) && !/(?:ee|oe|ye)$/.test(verb)) return `${verb.slice(0, -1)}ing`
  if (
    /^(?:get|set|put|cut|let|run|plan|map|stop|drop|fit|refer|infer|transfer|forget|begin|control|admit|omit)$/.test(
      verb,
    )
  )
    return `${verb}${verb.at(-1)}ing`
  return `${verb}ing`
}
