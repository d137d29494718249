import type { Permission } from '../ports/tool.ts'
import type { Decision, Policy } from './decide.ts'
import type { MemoryAccess, SharedMemory } from './memory.ts'

export type PolicyProblem = { at: string[]; wrong: string; way: string }

const decisions: readonly Decision[] = ['allow', 'deny', 'ask']
const accesses: readonly MemoryAccess[] = ['write', 'read', 'none']
const permissions: readonly Permission[] = ['compute', 'read', 'network', 'write', 'execute']
const shared: readonly SharedMemory[] = ['thread', 'subject', 'team', 'global']

/** Which names a part of a policy has (tools have any), and what may be said of each. */
const parts: { readonly [P in keyof Policy]-?: { names?: readonly string[]; values: readonly string[] } } = {
  tools: { values: decisions },
  permissions: { names: permissions, values: decisions },
  memory: { names: shared, values: accesses },
}

const shown = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : `a ${typeof value}`)

const entriesOf = (value: unknown): [string, unknown][] | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined

/** What is not mentioned is allowed, so that a name that is misspelt would allow what it was to forbid: it is refused. */
export const policyProblem = (policy: unknown): PolicyProblem | undefined => {
  const given = entriesOf(policy)
  if (given === undefined)
    return { at: [], wrong: `a policy is an object, not ${shown(policy)}`, way: 'name its parts' }
  for (const [part, said] of given) {
    const known = Object.entries(parts).find(([name]) => name === part)?.[1]
    if (known === undefined)
      return {
        at: [part],
        wrong: `a policy has no "${part}"`,
        way: `it has ${Object.keys(parts).join(', ')}`,
      }
    if (said === undefined) continue
    const entries = entriesOf(said)
    if (entries === undefined)
      return {
        at: [part],
        wrong: `"${part}" of a policy is an object, not ${shown(said)}`,
        way: 'correct it',
      }
    for (const [name, value] of entries) {
      const at = [part, name]
      if (known.names !== undefined && !known.names.includes(name))
        return {
          at,
          wrong: `"${part}" of a policy has no "${name}"`,
          way: `it has ${known.names.join(', ')}`,
        }
      if (value !== undefined && !known.values.includes(String(value)))
        return {
          at,
          wrong: `"${name}" in "${part}" of a policy cannot be ${shown(value)}`,
          way: `choose ${known.values.join(', ')}`,
        }
    }
  }
  return undefined
}
