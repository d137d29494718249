import type { Json } from '../../domain/json.ts'

export type SqlParameters =
  | (string | number | boolean | null)[]
  | { [name: string]: string | number | boolean | null }

/** Without `sql`: the schema. */
export type SqlJob = {
  file: string
  sql?: string | undefined
  parameters?: SqlParameters | undefined
  rowsMax: number
  bytesMax: number
  memoryBytesMax: number
}

export type SqlTable = {
  name: string
  type: string
  columns: { name: string; type: string; notNull: boolean; primaryKey: boolean }[]
  foreignKeys: { columns: string[]; table: string; references: string[] }[]
  sql: string
}

export type SqlAnswer =
  | { kind: 'rows'; columns: string[]; rows: Json[][]; truncated: boolean }
  | { kind: 'schema'; tables: SqlTable[]; truncated: boolean }
  | { kind: 'refused'; rule: string; now: string; wayOut: string }
  | { kind: 'wrong'; message: string }
  | { kind: 'failed'; message: string }
