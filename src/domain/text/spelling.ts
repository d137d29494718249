/*
 * American spellings as British ones, so that "my favorite color" and "my favourite colour" are the same words. By families of words for
 * which the two differ regularly; what is not listed stays as it is.
 */

const ourFamilies =
  'col fav flav behavi neighb hon lab hum harb rum tum rig vap od endeav arm sav vig glam parl splend ferv fulv'
const our = new RegExp(
  `^(${ourFamilies.split(' ').join('|')})or(?=$|s$|ed$|ing$|ful|less|ite|able|hood|al$|y$)`,
)
/** Words in -ize whose z is no suffix. */
const zStays = new Set('size prize seize capsize resize downsize maize assize'.split(' '))

const pairs: readonly [RegExp, string][] = [
  [our, '$1our'],
  [/^(cent|theat|fib|lit|calib|lust|spect|somb|meag|goit)er(?=s?$)/, '$1re'],
  [/^((?:centi|milli|kilo|micro|deci)(?:met|lit))er(?=s?$)/, '$1re'],
  [/^(anal|paral|catal|dial)yz/, '$1ys'],
  [/^(defen|offen|licen|preten)se(?=s?$)/, '$1ce'],
  [/^(catal|dial|anal)og(?=s?$)/, '$1ogue'],
  [/^gray/, 'grey'],
  [/^(travel|cancel|label|model|signal|level|fuel|counsel|dial)(ed|ing|er)(s?)$/, '$1l$2$3'],
  [/^jewelry$/, 'jewellery'],
  [/^aluminum$/, 'aluminium'],
  [/^mold(?=$|s$|y$)/, 'mould'],
  [/^mom(?=s?$)/, 'mum'],
  [/^pajamas$/, 'pyjamas'],
  [/^skeptic/, 'sceptic'],
  [/^(an|leuk|uric|hypoglyc|hyperglyc|bacter|septic|isch|hyperlipid)emi(?=[ac])/, '$1aemi'],
  [/^hem(?=o|at)/, 'haem'],
  [/^anesth/, 'anaesth'],
  [/^pediatr/, 'paediatr'],
  [/^gynec/, 'gynaec'],
  [/^orthoped/, 'orthopaed'],
  [/^(o?)estrogen/, 'oestrogen'],
  [/^edema/, 'oedema'],
  [/^esophag/, 'oesophag'],
  [/^celiac/, 'coeliac'],
  [/^diarrhea/, 'diarrhoea'],
  [/^fetus/, 'foetus'],
  [/^fetal$/, 'foetal'],
]

/** A lower-case word in British spelling. */
export const britishSpelling = (word: string): string => {
  for (const [pattern, british] of pairs) if (pattern.test(word)) return word.replace(pattern, british)
  const [, root, end] = /^(\p{L}{3,}i)z(e|es|ed|er|ers|ing|ation|ations)$/u.exec(word) ?? []
  return root === undefined || zStays.has(`${root}ze`) ? word : `${root}s${end}`
}

/** A lower-case word in American spelling where the two differ by rule; others as they are. */
export const americanSpelling = (word: string): string => {
  for (const [pattern, american] of americanPairs)
    if (pattern.test(word)) return word.replace(pattern, american)
  return word
}

const americanPairs: readonly [RegExp, string][] = [
  [new RegExp(`^(${ourFamilies.split(' ').join('|')})our`), '$1or'],
  [
    /^(\p{L}{3,}i)s(?=(?:e|es|ed|er|ers|ing|ation|ations)$)(?<!(?:prom|prec|conc|adv|exerc|surpr|comprom|rev|superv|telev|enterpr|expert|otherw|likew|franch|parad|no|ra|prac|dev|disgu)is)/u,
    '$1z',
  ],
  [/^(anal|paral|catal)ys(?=e|ed|es|ing)/, '$1yz'],
  [/^(defen|offen|preten)ce/, '$1se'],
  [/^(label|model|travel|signal|cancel|fuel)l(ed|ing|er)/, '$1$2'],
]
