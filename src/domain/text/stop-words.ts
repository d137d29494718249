/** English function words, for which overlap between two texts means nothing. Negations are among them: look before dropping. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against all also am among an and any are as at be because been before being below between
  both but by can cannot could did do does doing don down during each either et few for from further had has have having
  he hence her here hers him his how however i if in into is it its itself just may me might more most much must my no
  nor not now of off on once one only or other our ours out over own per same she should since so some such t than that
  the their them then there therefore these they this those through thus to too under until up upon us very via was we
  were what when where whether which while who whom why will with within without would yet you your s`.split(
    /\s+/,
  ),
)
