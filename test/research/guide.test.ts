import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { markdownFor, SHOWN, shownInGuide } from '../../scripts/reports.ts'

test('the guide shows seven reports of different kinds as the team prints them', async () => {
  const guide = readFileSync('docs/guides/research.md', 'utf8')
  const shown = [...guide.matchAll(SHOWN)]
  assert.equal(shown.length, 7)
  for (const [block, question = ''] of shown)
    assert.equal(block, shownInGuide(question, await markdownFor(question)), question)
})
