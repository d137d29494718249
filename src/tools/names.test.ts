import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../platform/system.ts'
import { silentLogger } from '../ports/logger.ts'
import { type BuiltInToolsConfig, builtInTools } from './index.ts'
import { builtInToolNames } from './names.ts'
import { paperTools } from './papers/tools.ts'

describe('the names of the built-in tools', () => {
  it('are those of the tools that a configuration makes', () => {
    const configs: BuiltInToolsConfig[] = [
      {},
      { http: false, code: false, webSearch: false },
      { sql: { file: 'x.db' }, files: { root: '.' } },
      { files: { root: '.', write: true } },
    ]
    const papers = paperTools({ clock: systemClock, logger: silentLogger }).map((tool) => tool.name)
    for (const config of configs)
      assert.deepEqual(
        builtInToolNames(config).sort(),
        [...Object.keys(builtInTools(config)), ...papers].sort(),
      )
  })
})
