import type { RunView } from '../../../src/platform/run/view.ts'

export type { RunView } from '../../../src/platform/run/view.ts'

export type Wait = RunView['waits'][number]

export type Summary = {
  id: string
  status: RunView['status']
  goal: string
  team: string
  thread?: string
  tags?: string[]
  createdAt: number
  updatedAt: number
  parent?: string
  failure?: { code: string; message: string }
}

export type Agent = {
  name: string
  description: string
  role: string
  kind: string
  model?: string
  tools?: string[]
  url?: string
  teams: string[]
}

export type Team = {
  name: string
  description: string
  agents: Agent[]
  strategy: string
  planner?: string
  checker?: string
}
