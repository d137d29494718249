import { ConcordError } from '../../../domain/errors.ts'
import type { KnowledgeFilter, MetadataFilter } from '../../../ports/knowledge-store.ts'
import type { Value } from '../connection.ts'

export type Where = { sql: string; values: Value[] }

type Scalar = string | number | boolean | null

const equals = (value: Scalar): Where => {
  if (value === null) return { sql: `j.type = 'null'`, values: [] }
  if (typeof value === 'boolean') return { sql: `j.type = '${value}'`, values: [] }
  if (typeof value === 'string') return { sql: `(j.type = 'text' AND j.value = ?)`, values: [value] }
  return { sql: `(j.type IN ('integer', 'real') AND j.value = ?)`, values: [value] }
}

const bounded = (bound: number | string, comparison: '>=' | '<='): Where => ({
  sql: `(j.type IN (${typeof bound === 'string' ? `'text'` : `'integer', 'real'`}) AND j.value ${comparison} ?)`,
  values: [bound],
})

const joined = (parts: readonly Where[], by: 'AND' | 'OR', empty: string): Where => ({
  sql: parts.length === 0 ? empty : `(${parts.map(({ sql }) => sql).join(` ${by} `)})`,
  values: parts.flatMap(({ values }) => values),
})

const condition = (given: MetadataFilter[string]): Where => {
  if (given === null || typeof given !== 'object') return equals(given)
  const parts: Where[] = []
  if (given.in !== undefined) parts.push(joined(given.in.map(equals), 'OR', '0'))
  if (given.gte !== undefined) parts.push(bounded(given.gte, '>='))
  if (given.lte !== undefined) parts.push(bounded(given.lte, '<='))
  return joined(parts, 'AND', `j.type NOT IN ('object', 'array')`)
}

const nameRule = /^[\w.-]{1,64}$/

const member = ([name, given]: [string, MetadataFilter[string]]): Where => {
  if (!nameRule.test(name))
    throw new ConcordError(
      'input.invalid',
      `Cannot filter by "${name}" as names are of letters, digits, "_", "-" and ".": it has others; rename the member`,
    )
  const path = `$."${name}"`
  const { sql, values } = condition(given)
  // json_each gives a scalar as one row and a list item by item; an object would give its members.
  return {
    sql: `(json_type(d.metadata, ?) <> 'object' AND EXISTS(SELECT 1 FROM json_each(d.metadata, ?) j WHERE ${sql}))`,
    values: [path, path, ...values],
  }
}

/** Conditions on `documents d`: in time, and the filter's. */
export const whereOf = (filter: KnowledgeFilter, now: number): Where => {
  const parts: Where[] = [{ sql: '(d.expires_at IS NULL OR d.expires_at > ?)', values: [now] }]
  const { subject, source, modality, ids, from, to, metadata = {} } = filter
  if (subject !== undefined) parts.push({ sql: 'd.subject = ?', values: [subject] })
  if (source !== undefined) parts.push({ sql: 'd.source = ?', values: [source] })
  if (modality !== undefined) parts.push({ sql: 'd.modality = ?', values: [modality] })
  if (ids !== undefined)
    parts.push({ sql: 'd.id IN (SELECT value FROM json_each(?))', values: [JSON.stringify(ids)] })
  if (from !== undefined) parts.push({ sql: 'd.updated_at >= ?', values: [from] })
  if (to !== undefined) parts.push({ sql: 'd.updated_at <= ?', values: [to] })
  return joined([...parts, ...Object.entries(metadata).map(member)], 'AND', '1')
}

export const isEmptyFilter = (filter: KnowledgeFilter): boolean =>
  Object.values(filter).every((value) => value === undefined)
