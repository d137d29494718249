import type { Permission } from '../ports/tool.ts'
import type { MemoryPolicy } from './memory.ts'

export type Decision = 'allow' | 'deny' | 'ask'

export type PolicyRequest = { agent: string; tool: string; permission: Permission }

/** What a team's agents may do: by tool name first, then by permission class; what is not mentioned is allowed. */
export type Policy = {
  tools?: { [tool: string]: Decision }
  permissions?: { [P in Permission]?: Decision }
  /** Of memory shared beyond the run. */
  memory?: MemoryPolicy
}

/** Whether an agent may call a tool now: allow, deny, or ask a person. */
export const decide = (policy: Policy | undefined, request: PolicyRequest): Decision =>
  policy?.tools?.[request.tool] ?? policy?.permissions?.[request.permission] ?? 'allow'
