import { resolve } from 'node:path'
import type { AnyTool } from '../ports/tool.ts'
import { calculatorTool } from './calculator.ts'
import { type CodeToolOptions, codeTool } from './code.ts'
import { type FileToolsOptions, fileTools } from './files.ts'
import { type HttpToolOptions, httpTool } from './http.ts'
import { type SqlToolOptions, sqlTool } from './sql.ts'
import { type WebSearchToolOptions, webSearchTool } from './web-search.ts'

/** What `sql` and `files` may touch must be said; the rest works as it is. `false` leaves a tool out. */
export type BuiltInToolsConfig = {
  http?: HttpToolOptions | false
  webSearch?: WebSearchToolOptions | false
  code?: CodeToolOptions | false
  sql?: SqlToolOptions
  files?: FileToolsOptions
  /** Relative `file` and `root` are taken from here; default the working directory. */
  base?: string
}

/**
 * The built-in tools by name: `calculator`, `http`, `code` and `web_search` always, `sql` and the file tools where the
 * configuration names a database or a folder. Creating them opens and loads nothing; what a tool needs (an HTTP client,
 * the sandbox, a process) is loaded when it is first called.
 */
export const builtInTools = (config: BuiltInToolsConfig = {}): { [name: string]: AnyTool } => {
  const from = (path: string) => resolve(config.base ?? '.', path)
  const tools: AnyTool[] = [calculatorTool()]
  if (config.http !== false) tools.push(httpTool(config.http))
  if (config.code !== false) tools.push(codeTool(config.code))
  if (config.webSearch !== false) tools.push(webSearchTool(config.webSearch))
  if (config.sql) tools.push(sqlTool({ ...config.sql, file: from(config.sql.file) }))
  if (config.files) tools.push(...fileTools({ ...config.files, root: from(config.files.root) }))
  return Object.fromEntries(tools.map((one) => [one.name, one]))
}

export { calculatorTool, codeTool, fileTools, httpTool, sqlTool, webSearchTool }
