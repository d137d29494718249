import { plainText } from '../plain-text.ts'
import type { Measure } from '../shapes.ts'

const LEAD =
  '(?:(?:up to|over|more than|nearly|about|around|approximately|only|just|at least|roughly|as much as|an average of|an additional|~|≈|>|<|≥)\\s*)?'
const NUMBER = '[+−-]?\\d[\\d,]*(?:\\.\\d+)?'
const UNIT =
  '(?:\\s?%|\\s?(?:percentage |absolute |accuracy )?points?\\b|\\s?pp\\b|\\s?[x×](?![a-z\\d])|-?fold\\b)'
const VALUE = new RegExp(
  `(?<=\\b(?:scores?|F1|accuracy|mIoU|AUC|AUROC|BLEU|CIDEr) (?:of )?)${NUMBER}(?: (?:and|/) ${NUMBER})?(?!${UNIT})(?=[ ,.;])|(?:from ${NUMBER}${UNIT}? to ${NUMBER}${UNIT})|${LEAD}${NUMBER}(?:\\s?[–-]\\s?${NUMBER})?${UNIT}(?:\\s?\\([+−-]\\d[^)]{0,12}\\))?`,
  'g',
)
const NOUNS =
  '(?:accuracy|F1(?:[- ]score)?|recall|precision|success rate|attack success rate|scores?|mIoU|IoU|AUC|AUROC|BLEU|CIDEr|speed-?ups?|reduction|improvements?|increase|decrease|gains?|drop|latency|memory|FLOPs|inference|hallucinations?|parameters|training data|(?:visual |vision |image |video )?tokens?|performance|agreement|error rate|cost|throughput|time)'
const AFTER = new RegExp(
  `^\\s*(?:\\([^)]{1,20}\\)\\s*)?((?:(?:of|in|on|fewer|faster|lower|higher|less|more|average|overall|relative|absolute|mean|macro|top-1|the|its|their|original|full|baseline|visual|vision|image|video|KV|cache|GPU|prefill(?:ing)?|decoding|inference|zero-shot|task|end-to-end|wall-clock|\\p{Lu}[\\w-]+) ?){0,6}\\b${NOUNS}\\b)`,
  'u',
)
const VERB =
  /\b((?:reduc|maintain|retain|preserv|achiev|reach|improv|increas|gain|boost|accelerat|cut|remov|prun|keep|sav|outperform|surpass|drop|requir|attain|scor|deliver|yield|lower|rais|exceed|recover|obtain|compress|discard|enhanc|decreas|rise|rises|fall|falls|suffer|speed)\w*)\s+(?:the |a |an |its |by )?$/i
/** `improves perceptual faithfulness by`, `an average gain of`. */
const BEFORE_BY =
  /\b((?:reduc|improv|increas|boost|accelerat|cut|lower|rais|outperform|surpass|exceed|enhanc|decreas|drop|rise|fall|speed)\w*(?: (?!by\b|while\b|and\b|on\b|with\b)[\w/’'-]+){0,6}) by\s*$/i
const BEFORE_OF = new RegExp(
  `\\b((?:an? )?(?:(?:average|mean|overall|relative|absolute|maximum|significant|total|final|top-1|zero-shot) ){0,3}${NOUNS}(?: (?:rate|score))?) (?:of|by|to|at|reaches|is)\\s*$`,
  'iu',
)
const CHANGE_IN =
  /^\s*((?:(?:average|relative|absolute|overall|mean) )?(?:reduction|improvement|increase|decrease|gain|drop|speed-?up)s? in (?:[\w/-]+ ){0,3}?[\w/-]+)(?=[,.;:)]| (?:and|while|on|over|across|compared|with|without|at|for|by)\b|$)/
const SETTING =
  /\b(?:on|across|over|for|under)\s+(?:the )?((?:\p{Lu}[\w.+/-]*|\d[\w.-]*\p{Lu}[\w-]*)(?:[ -](?:\p{Lu}|\d)[\w.+/-]*){0,3})/u
const SETTING_PLAIN =
  /\b(?:on|across|over)\s+((?:\w+ ){0,3}(?:benchmarks|datasets|tasks|models|backbones|settings|scenarios))\b/i
const NOT_SETTING =
  /^(?:We|Our|The|This|It|These|However|While|January|February|March|April|May|June|July|August|September|October|November|December)\b/
const CLAUSE = /[;]|, (?:and|while|whereas|but)\b|\.\s/
const MEASURE_CHARS_MAX = 70
const ROWS_MAX = 4

/** The figures a sentence reports, each with what it is a figure of and where it was measured, in the sentence's own words. */
export const measuresIn = (sentence: string): Measure[] => {
  const text = plainText(sentence)
  const found: Measure[] = []
  const values = [...text.matchAll(VALUE)]
  for (const [at, match] of values.entries()) {
    const value = match[0].trim()
    const start = match.index + match[0].indexOf(value)
    const end = start + value.length
    const before = text.slice(0, start)
    const next = values[at + 1]?.index ?? text.length
    const what = measureOf(before, text.slice(end))
    if (what === undefined || what.length > MEASURE_CHARS_MAX) continue
    const setting = settingOf(text.slice(end, next), text.slice(end), before)
    if (!says(what) && !(setting !== undefined && /scores?$/.test(what))) continue
    found.push({ value, what, ...(setting === undefined ? {} : { setting }), sentence })
  }
  return found.slice(0, ROWS_MAX)
}

/** `improvement` alone is an improvement of nothing; `of FLOPs` is a share of something not told. */
const says = (what: string): boolean =>
  !/^of\b/.test(what) &&
  /[\p{L}]{3}/u.test(
    what.replace(
      /\b(?:an?|the|of|average|mean|overall|relative|absolute|improve\w*|reduc\w+|increas\w+|decreas\w+|gains?|drops?|boost\w*|achiev\w+|deliver\w*|yield\w*|attain\w*|reach\w*|scores?|performance|enhanc\w+|outperform\w*|surpass\w*)\b|…/gi,
      '',
    ),
  )

const measureOf = (before: string, after: string): string | undefined => {
  const by = BEFORE_BY.exec(before)?.[1]
  if (by !== undefined) return by
  const noun = BEFORE_OF.exec(before)?.[1]
  if (noun !== undefined) return noun
  const change = CHANGE_IN.exec(after)?.[1]?.trim()
  if (change !== undefined) return change
  const follows = AFTER.exec(after)?.[1]?.trim()
  if (follows === undefined) return undefined
  const verb = VERB.exec(before)?.[1]
  return verb === undefined ? follows : `${verb} … ${follows}`
}

/** Named after the figure, before the next one; else once for the whole clause. */
const settingOf = (near: string, rest: string, before: string): string | undefined => {
  const clause = near.split(CLAUSE)[0] ?? ''
  const named = SETTING.exec(clause)?.[1] ?? SETTING_PLAIN.exec(clause)?.[1]
  const found =
    named ??
    SETTING.exec(rest.split(/[;.]\s/)[0] ?? '')?.[1] ??
    /^(?:On|Across|In)\s+([^,]{3,50}),/.exec(before)?.[1]
  return found === undefined || NOT_SETTING.test(found) ? undefined : found.replace(/[.,;:]+$/, '')
}
