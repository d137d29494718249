import { plainText } from './plain-text.ts'

/** A part of a sentence that can be quoted in a sentence of another: `find that “…”`. */
export type Quotable = { opening: 'that' | 'colon' | 'object'; verb: string; quote: string }

const REPORTED =
  /^(?:.{0,140}?\b(?:we|our|results?|experiments?|evaluations?|analys[ie]s|findings?|study|extensive|comprehensive|it|work|benchmark|observations?)\b[^:;]{0,140}?)?\b(find|found|show|shows|reveal|reveals|demonstrate|demonstrates|indicate|indicates|suggest|suggests|observe|observed|finds|confirm|confirms|showing|revealing|highlighting|indicating|suggesting|argue) that (.+)$/is
const POINTED_OUT =
  /^(?:.{0,160}\b(?:we|our|results?|experiments?|evaluations?|analys[ie]s|findings?|study|while|and|also|these)\b.{0,40}?)?\b(highlight|highlights|highlighting|underscore|underscores|underscoring|emphasize|emphasizing|identify|identifying|exposes?|exposing|uncovers?|reveals?|revealing|demonstrate|outline|pinpoint|pinpointing) ((?:(?:a|an|the|key|critical|several|persistent|fundamental|substantial|significant|systematic|common|major|clear|two|three|open|remaining|important|severe|notable|current|urgent|widespread|consistent) )*(?:open |performance |modality |cross-modal )?(?:limitations?|vulnerabilit(?:y|ies)|weakness(?:es)?|gaps?|challenges|need|failures?|deficienc(?:y|ies)|deficits?|bottlenecks?|shortcomings|blind spots?|neglect|brittleness|degradation|problems|trade-?offs?|bias(?:es)?|susceptibility|inconsistenc(?:y|ies)|failure modes?|collapse|instability|sensitivity)\b.+)$/is
/** `reveals a two-level deficit: models ...`: what follows the colon is the finding. */
const AFTER_COLON =
  /^.{0,200}?\b(?:reveal|reveals|find|found|show|shows|uncover|uncovers|identify|identifies|expose|exposes|observe)\b[^:]{3,80}: (?!\(?[1i]\))(.+)$/is
/** What authors say their finding is good for. */
const APPLICATION =
  /, (?:thereby |thus )?(?:pinpointing|providing|offering|highlighting|underscoring|emphasizing|suggesting|motivating|pointing to|calling for|establishing|paving|laying|making) .*$|, and (?:\w+ )?(?:outline|propose|provide|offer|discuss|suggest|present|introduce) .*$/is
const LINK =
  /^(?:however|but|yet|nevertheless|nonetheless|unfortunately|moreover|furthermore|in addition|additionally|meanwhile|still|notably|overall|in particular|specifically|in contrast|as a result|consequently|therefore|thus),? (.+)$/is
/** What follows a colon may be a list of things: a finding has a verb. */
const SAYS =
  /\b(?:is|are|do|does|can|cannot|remains?|fails?|struggles?|exhibits?|shows?|causes?|drops?|degrades?|lacks?|lags?|suffers?|rely|relies|tends?|leads?|improves?|reduces?|achieves?|outperforms?|depends?|perform|performs)\b/i
const WORDS = { min: 7, max: 45 }
const POINTS_BACK = /\b(?:we|our|us|these|those|such)\b|\bthis (?!(?:is|means)\b)/i
const STARTS_BACK = /^(?:it|its|they|their|them|both|this|that|here|while also)\b/i

/**
 * The longest part of a sentence that can be quoted word for word and understood alone; undefined when it points at something outside
 * itself, holds markup, or is too short or too long to quote.
 */
export const quotable = (sentence: string): Quotable | undefined => {
  const whole = sentence.trim().replace(/\.$/, '')
  const reported = REPORTED.exec(whole)
  const linked = LINK.exec(whole)
  const after = AFTER_COLON.exec(whole)
  const pointed = POINTED_OUT.exec(whole)
  const candidates: Quotable[] = [
    ...(after === null || !SAYS.test(after[1]!)
      ? []
      : [{ opening: 'that' as const, verb: 'find', quote: after[1]! }]),
    ...(reported === null
      ? []
      : [{ opening: 'that' as const, verb: plainVerb(reported[1]!), quote: reported[2]! }]),
    ...(pointed === null ? [] : [{ opening: 'object' as const, verb: 'point to', quote: pointed[2]! }]),
    ...(linked === null || /^(?:while|although|despite|though)\b/i.test(linked[1]!)
      ? []
      : [{ opening: 'that' as const, verb: 'note', quote: linked[1]! }]),
    ...(linked !== null || reported !== null || pointed !== null
      ? []
      : [{ opening: 'colon' as const, verb: 'write', quote: whole }]),
  ]
  return (
    candidates
      .flatMap((each) => [{ ...each, quote: each.quote.replace(APPLICATION, '') }, each])
      .filter(({ quote }) => usable(quote))
      // Dashes as prose has them; the check of quotes reads both alike.
      .map((each) => ({ ...each, quote: withDashes(each.quote) }))[0]
  )
}

/** `While X ...` without the clause it leads to. */
const HALF = /^(?:while|although|though|despite)\b[^,]*$/i

const withDashes = (quote: string): string => quote.replace(/\s*-{2,3}\s*/g, ' – ').replace(/\s+/g, ' ')

const usable = (quote: string): boolean => {
  const count = quote.split(/\s+/).length
  return (
    count >= WORDS.min &&
    count <= WORDS.max &&
    plainText(quote) === withDashes(quote) &&
    !POINTS_BACK.test(quote) &&
    !STARTS_BACK.test(quote) &&
    !HALF.test(quote) &&
    !/["“”]/.test(quote)
  )
}

const plainVerb = (verb: string): string =>
  /^(?:suggest|argue)/i.test(verb) ? verb.toLowerCase().replace(/s$|ing$/, '') : 'find'
