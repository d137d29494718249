import type { Verdict } from '../domain/check.ts'
import { asJson, type Json, sameJson } from '../domain/json.ts'
import { isObject } from '../domain/reference.ts'
import { validate } from '../ports/schema.ts'
import type { CallSite } from './call-site.ts'
import { chain } from './chain.ts'
import type { AnyAgent, Evidence } from './define.ts'

type Judged = { verdict: Verdict; value: unknown }

const accepted: Verdict = { met: true, reasons: [] }

type ToolResult = { tool: string; output: Json }

/** What the tools of this execution answered, by call id. */
const toolResults = (context: CallSite): Map<string, ToolResult> => {
  const results = new Map<string, ToolResult>()
  for (const [call, entry] of context.execution.work.journal ?? []) {
    if (entry.type !== 'tool.answered' || entry.data.failure !== undefined) continue
    const result = { tool: entry.data.tool, output: entry.data.output ?? null }
    results.set(call, result)
    const name = context.toolName_(call)
    if (name !== undefined) results.set(name, result)
  }
  return results
}

/**
 * Is an agent's answer acceptable? Its schema, the tools it had to call, the evidence it had to carry, then its own check; the value
 * is the answer as the schema leaves it.
 */
export const judgeAnswer = (
  definition: AnyAgent,
  context: CallSite,
  input: unknown,
  answer: unknown,
): Judged | Promise<Judged> => {
  if (definition.output === undefined) return judgeValid(definition, context, input, answer)
  return chain(validate(definition.output, answer), (judged) => {
    if (judged.ok) return judgeValid(definition, context, input, judged.value)
    return {
      verdict: { met: false, reasons: judged.problems.map((problem) => `output ${problem}`) },
      value: answer,
    }
  })
}

const judgeValid = (
  definition: AnyAgent,
  context: CallSite,
  input: unknown,
  value: unknown,
): Judged | Promise<Judged> => {
  const reasons = [...missingTools(definition, context), ...unfounded(definition, context, asJson(value))]
  if (reasons.length > 0) return { verdict: { met: false, reasons }, value }
  if (definition.check === undefined) return { verdict: accepted, value }
  return chain(definition.check(value as never, input as never, context.exposed), (verdict) => ({
    verdict,
    value,
  }))
}

const missingTools = (definition: AnyAgent, context: CallSite): string[] => {
  if (definition.requiredTools === undefined) return []
  const called = new Set([...toolResults(context).values()].map((result) => result.tool))
  return definition.requiredTools
    .filter((name) => !called.has(name))
    .map((name) => `tool "${name}" has to be called (successfully) before answering, and was not`)
}

const unfounded = (definition: AnyAgent, context: CallSite, answer: Json): string[] => {
  if (definition.evidence === undefined) return []
  const results = toolResults(context)
  return definition.evidence.flatMap((evidence) => unfoundedIn(evidence, answer, results))
}

const unfoundedIn = (evidence: Evidence, answer: Json, results: Map<string, ToolResult>): string[] =>
  valuesAt(answer, evidence.field.split('/').slice(1), '').flatMap(({ place, value }) => {
    if (!isObject(value) || typeof value.call !== 'string')
      return [`${place} is evidence: it must be {"call": a tool call's id, "value": what it returned}`]
    const result = results.get(value.call)
    if (result === undefined) return [`${place} names tool call "${value.call}", which the log does not hold`]
    if (evidence.tool !== undefined && result.tool !== evidence.tool)
      return [`${place} must come from tool "${evidence.tool}", call "${value.call}" was to "${result.tool}"`]
    return contains(result.output, value.value)
      ? []
      : [`${place} has a value that call "${value.call}" did not return`]
  })

const valuesAt = (
  value: Json | undefined,
  path: string[],
  place: string,
): { place: string; value: Json | undefined }[] => {
  const [key, ...rest] = path
  if (key === undefined) return [{ place: place || '/', value }]
  if (key === '*')
    return Array.isArray(value) ? value.flatMap((item, i) => valuesAt(item, rest, `${place}/${i}`)) : []
  const member = isObject(value) ? value[key] : Array.isArray(value) ? value[Number(key)] : undefined
  return valuesAt(member, rest, `${place}/${key}`)
}

/** Whether `part` stands somewhere in `whole`: as a value, or as text within a text. */
const contains = (whole: Json, part: Json | undefined): boolean => {
  if (part === undefined) return false
  if (sameJson(whole, part)) return true
  if (typeof whole === 'string') return typeof part === 'string' && part.length > 0 && whole.includes(part)
  if (typeof whole !== 'object' || whole === null) return false
  return Object.values(whole).some((member) => member !== undefined && contains(member, part))
}
