/** How an agent takes part: does one thing, directs others, improves from outcomes, settles differences. */
export type Role = 'specialist' | 'coordinator' | 'learner' | 'mediator'

/** What others know of an agent: enough to plan with it and to show it. Schemas are JSON Schema (draft 2020-12). */
export type AgentCard = {
  name: string
  description: string
  role: Role
  kind: 'code' | 'model' | 'remote' | 'team'
  input?: { [key: string]: unknown }
  output?: { [key: string]: unknown }
  tools?: string[]
  model?: string
  url?: string
}
