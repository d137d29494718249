import { type AnyAgent, kindOf } from '../agent/define.ts'
import { readVerdict } from '../domain/check.ts'
import { asJson, type Json } from '../domain/json.ts'
import type { JsonSchema, Schema } from '../ports/schema.ts'

/*
 * A model that judges (a team's checker, its feasibility) and declares no output of its own is asked for the answer that is
 * read from it: without the schema it would write prose, and all work would be lost over it.
 */

const texts = { type: 'array', items: { type: 'string' } }

const verdictJsonSchema = {
  type: 'object',
  required: ['met', 'reasons'],
  properties: {
    met: { type: 'boolean', description: 'whether the results reach the goal' },
    reasons: { ...texts, description: 'what is wrong, or why it is good' },
    redo: {
      type: 'array',
      description: 'steps to do again; without it an unmet check asks for a new plan',
      items: {
        type: 'object',
        required: ['step', 'feedback'],
        properties: { step: { type: 'string' }, feedback: { type: 'string' } },
      },
    },
  },
}

const feasibleJsonSchema = {
  type: 'object',
  required: ['feasible', 'reasons'],
  properties: { feasible: { type: 'boolean' }, reasons: texts },
}

const schemaOf = (jsonSchema: JsonSchema, problemOf: (value: Json) => string | undefined): Schema => ({
  '~standard': {
    version: 1,
    vendor: 'concord',
    validate: (value) => {
      const message = problemOf(asJson(value))
      return message === undefined ? { value } : { issues: [{ message }] }
    },
    jsonSchema: { input: () => jsonSchema, output: () => jsonSchema },
  },
})

const isFeasibility = (value: Json): boolean =>
  typeof value === 'object' && value !== null && 'feasible' in value && typeof value.feasible === 'boolean'

const verdictSchema = schemaOf(verdictJsonSchema, (value) =>
  readVerdict(value) === undefined ? 'a verdict has "met": true or false' : undefined,
)

const feasibilitySchema = schemaOf(feasibleJsonSchema, (value) =>
  isFeasibility(value) ? undefined : 'a judgement has "feasible": true or false',
)

const checking =
  'You are given a goal and the results of the steps that were to reach it, in the order of "steps". Judge whether they do.'
const planning = 'You are given a goal and a plan for it. Judge whether the plan can work.'

const asked = (definition: AnyAgent, output: Schema, task: string): AnyAgent => {
  if (kindOf(definition) !== 'model' || definition.output !== undefined) return definition
  const { instructions, description = '' } = definition
  const own = (input: never): string =>
    typeof instructions === 'function' ? instructions(input) : (instructions ?? description)
  return { ...definition, output, instructions: (input) => `${own(input)}\n${task}` }
}

/** A checker as it is asked: a model without an output of its own for a verdict. */
export const asChecker = (definition: AnyAgent): AnyAgent => asked(definition, verdictSchema, checking)

/** The same for who judges plans. */
export const asPlanJudge = (definition: AnyAgent): AnyAgent => asked(definition, feasibilitySchema, planning)
