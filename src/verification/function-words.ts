const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

/** Words that say no. */
export const NEGATORS =
  list(`not no never neither nor none cannot without nobody nothing t lack lacks lacked lacking absence absent
  fail fails failed failing failure unable hardly scarcely barely refuse refuses refused`)

/** Words by which a report speaks of papers and of itself; they state nothing that a source could hold. */
export const RHETORIC =
  list(`paper papers work works study studies article authors author report reports we our they show shows shown
  showing showed find finds found finding findings demonstrate demonstrates demonstrated demonstrating propose proposes proposed proposing
  introduce introduces introduced introducing present presents presented presenting describe describes described argue argues argued
  observe observes observed conclude concludes concluded note notes noted caution warn warns claim claims claimed state states stated
  suggest suggests suggested suggesting reveal reveals revealed revealing indicate indicates indicated indicating according extensive experiments experiment
  results result novel new approach method methods also here thus however moreover furthermore recent recently existing several various
  specifically finally first et al respectively respective`)
