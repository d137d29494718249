/** Forms of one meaning, and of its opposite: what turns a sentence round, and what leaves it as it is. */
type Turn = readonly [same: readonly string[], opposite: readonly string[]]

const TURNS: readonly Turn[] = `
increased elevated raised enhanced higher | decreased reduced lowered diminished lower
increases raises enhances elevates | decreases reduces lowers diminishes
increase raise enhance | decrease reduce lower
increasing raising enhancing | decreasing reducing lowering
higher greater increased | lower reduced decreased
high | low
more | less
promotes stimulates induces facilitates | inhibits suppresses prevents blocks
promote stimulate induce facilitate | inhibit suppress prevent block
promoted stimulated induced | inhibited suppressed prevented
activates upregulates | inhibits represses downregulates
activation | inhibition suppression
improves ameliorates | worsens impairs
improved better | worsened impaired poorer
improve | impair worsen
effective beneficial | ineffective useless
positively | negatively inversely
causes triggers | prevents
exacerbates aggravates | alleviates attenuates ameliorates mitigates
protects | does_not_protect
requires | does_not_require
required_for essential_for necessary_for | not_required_for dispensable_for
is_associated_with is_linked_to correlates_with | is_not_associated_with is_unrelated_to does_not_correlate_with
are_associated_with are_linked_to | are_not_associated_with are_unrelated_to
accelerates speeds | delays slows
resistant | susceptible sensitive
resistance | susceptibility sensitivity
plays_a | plays_no
contributes_to | does_not_contribute_to
mediates | does_not_mediate
regulates controls | does_not_regulate does_not_affect
gain | loss
overexpression | knockdown depletion
stronger | weaker
longer | shorter
common frequent | rare
safe | unsafe
superior | inferior
outperforms surpasses exceeds beats | underperforms trails lags_behind falls_short_of
outperform surpass exceed | underperform trail fall_short_of
mitigates alleviates | exacerbates aggravates
enhances boosts improves | degrades harms hurts weakens
enhance boost improve | degrade harm hurt weaken
enhancing boosting improving | degrading harming weakening
robust stable | brittle fragile unstable
faster quicker | slower
better | worse
best | worst
significantly substantially considerably | hardly barely negligibly
efficient | inefficient costly
accurate | inaccurate
reliable | unreliable
struggle fail | excel succeed
limited insufficient | ample sufficient
achieves attains reaches | does_not_achieve fails_to_reach
achieve attain reach | do_not_achieve fail_to_reach
enables allows | prevents hinders
often frequently | rarely seldom
without | with
large substantial | small negligible
`
  .trim()
  .split('\n')
  .map((line): Turn => {
    const [same = [], opposite = []] = line.split('|').map((side) =>
      side
        .trim()
        .split(' ')
        .map((form) => form.replaceAll('_', ' ')),
    )
    return [same, opposite]
  })

/** Too common to be turned where something else can be. */
const COMMON = new Set(['high', 'low', 'more', 'less', 'with', 'large', 'small'])

interface Place {
  at: number
  form: string
  same: readonly string[]
  opposite: readonly string[]
}

/** A sentence in words that say the same, and in words that say the opposite; undefined where it has no such word. */
export function turned(text: string, random: () => number): { same: string; opposite: string } | undefined {
  const places = TURNS.flatMap(([one, two]) => [...placesIn(text, one, two), ...placesIn(text, two, one)])
  const telling = places.filter(({ form }) => !COMMON.has(form))
  const place = pick(telling.length > 0 ? telling : places, random)
  if (place === undefined) return undefined
  const put = (form: string) => text.slice(0, place.at) + form + text.slice(place.at + place.form.length)
  return { same: put(pick(place.same, random)!), opposite: put(pick(place.opposite, random)!) }
}

function placesIn(text: string, same: readonly string[], opposite: readonly string[]): Place[] {
  return same.flatMap((form): Place[] => {
    const match = new RegExp(`\\b${form}\\b`).exec(text)
    return match ? [{ at: match.index, form, same, opposite }] : []
  })
}

function pick<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)]
}
