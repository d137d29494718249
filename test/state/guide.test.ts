import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

// The example itself is run by test/examples.test.ts.
it('the guide on memory shows the inventory example as it runs', () => {
  const blocks = [...read('docs/guides/memory.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
  for (const file of ['agent.ts', 'main.ts'])
    assert.ok(blocks.includes(read(`examples/inventory/${file}`)), `${file} differs from the guide`)
})
