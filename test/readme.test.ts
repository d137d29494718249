import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { isObject } from '../src/domain/reference.ts'
import { openConcord } from '../src/index.ts'

describe('the README', () => {
  it('shows the report as it is printed', async () => {
    const readme = readFileSync('README.md', 'utf8')
    const shown = /<!-- report:begin -->\n```text\n([\s\S]*?)\n```\n<!-- report:end -->/.exec(readme)?.[1]
    assert.ok(shown)
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const text = /run "([^"]+)"/.exec(scripts.start)?.[1] ?? ''
    const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
    const output = await concord.result({ text, params: { source: 'corpus' } })
    await concord.close()
    assert.ok(isObject(output) && typeof output.markdown === 'string')
    const { markdown } = output
    for (const part of shown.split('\n\n')) if (part !== '[...]') assert.ok(markdown.includes(part), part)
  })
})
