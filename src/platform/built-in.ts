import type { TeamDefinition } from '../orchestration/team.ts'
import { researchTeam } from '../teams/research/team.ts'
import type { ConcordConfig } from './config.ts'

/** Teams that come with the package, by name. */
export const builtInTeams: { [name: string]: (config: ConcordConfig) => TeamDefinition } = {
  research: () => researchTeam(),
}
