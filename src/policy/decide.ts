import { bothLabels, type Label } from '../domain/labels.ts'
import type { Permission } from '../ports/tool.ts'
import type { MemoryPolicy } from './memory.ts'

export type Decision = 'allow' | 'deny' | 'ask'

export type PolicyRequest = {
  agent: string
  tool: string
  permission: Permission
  /** What the run has read so far. */
  labels?: readonly Label[]
  /** Whether the call goes to a host that the tool was set up for; undefined where a tool has no choice of hosts. */
  listed?: boolean
}

/**
 * What a team's agents may do: by tool name first, then by permission class. What is not mentioned is allowed for
 * `compute` and `read`; `write` and `execute` ask a person; `network` asks when the host is in no `allowHosts`, or
 * when the run has read something private and something untrusted.
 */
export type Policy = {
  tools?: { [tool: string]: Decision }
  permissions?: { [P in Permission]?: Decision }
  /** Of memory shared beyond the run. */
  memory?: MemoryPolicy
}

/** A decision, and why it was made where no policy says so. */
export type Ruling = { decision: Decision; declared: boolean; because?: string }

const saidIn = (policy: Policy | undefined, { tool, permission }: PolicyRequest): Decision | undefined => {
  const { tools = {}, permissions = {} } = policy ?? {}
  return (Object.hasOwn(tools, tool) ? tools[tool] : undefined) ?? permissions[permission]
}

const whyAsk = ({ permission, labels = [], listed }: PolicyRequest): string | undefined => {
  if (permission === 'write' || permission === 'execute') return `tools that ${permission} ask by default`
  if (permission !== 'network') return undefined
  if (bothLabels.every((label) => labels.includes(label)))
    return 'the run has read something private and something untrusted, which must not leave together'
  return listed === false ? 'its host is in no allowHosts' : undefined
}

/** Rules on one call: the first of the policies that says something, else the default. */
export const rule = (policies: readonly (Policy | undefined)[], request: PolicyRequest): Ruling => {
  for (const policy of policies) {
    const decision = saidIn(policy, request)
    if (decision !== undefined) return { decision, declared: true }
  }
  const because = whyAsk(request)
  return because === undefined
    ? { decision: 'allow', declared: false }
    : { decision: 'ask', declared: false, because }
}

/** Whether an agent may call a tool now: allow, deny, or ask a person. */
export const decide = (policy: Policy | undefined, request: PolicyRequest): Decision =>
  rule([policy], request).decision
