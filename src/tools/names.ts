import type { BuiltInToolsConfig } from './index.ts'

/** Names of the tools that `builtInTools` makes of a configuration, and of those for papers, without loading any. */
export const builtInToolNames = (config: BuiltInToolsConfig = {}): string[] => [
  'calculator',
  ...(config.http === false ? [] : ['http']),
  ...(config.code === false ? [] : ['code']),
  ...(config.webSearch === false ? [] : ['web_search']),
  ...(config.sql ? ['sql'] : []),
  ...(config.files ? ['list_files', 'read_file', 'search_files'] : []),
  ...(config.files?.write ? ['write_file'] : []),
  'arxiv_search',
  'corpus_search',
  'paper_fetch',
]

/** What makes a built-in tool available. */
export const settingOfTool: { readonly [name: string]: string } = {
  http: 'leave toolSettings.http as it is',
  code: 'leave toolSettings.code as it is',
  web_search: 'leave toolSettings.webSearch as it is',
  sql: 'set toolSettings.sql.file',
  list_files: 'set toolSettings.files.root',
  read_file: 'set toolSettings.files.root',
  search_files: 'set toolSettings.files.root',
  write_file: 'set toolSettings.files.root and write',
}
