/**
 * A research goal from beginning to end, offline: `node examples/research/main.ts`. Prints the report, watches the shared state while the team
 * works, and checks what it was promised: every reference mark has a reference, every quotation stands in a paper, the run can be replayed
 * from its log. Exits with 1 if not.
 */
import assert from 'node:assert/strict'
import { type Json, type JsonObject, openConcord } from '../../src/index.ts'

type Part = { text: string; citations: { n: number; paper: string; quote: string }[] }
type Output = {
  markdown: string
  method: string
  report: {
    answer: Part
    themes: { paragraphs: Part[] }[]
    openProblems: Part[]
    references: { n: number; id: string }[]
  }
}

const goal =
  process.argv[2] ??
  'Summarize the latest advances in multimodal LLMs and suggest three open research problems'
const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
try {
  const run = await concord.run({ text: goal, team: 'research', params: { source: 'corpus' } })
  assert.equal(run.status, 'succeeded', run.failure?.message)
  const output = outputOf(run.output ?? null)
  console.log(output.markdown)

  const { report } = output
  const numbers = new Set(report.references.map(({ n }) => n))
  const parts = [
    report.answer,
    ...report.themes.flatMap(({ paragraphs }) => paragraphs),
    ...report.openProblems,
  ]
  for (const { citations } of parts)
    for (const { n } of citations) assert.ok(numbers.has(n), `[${n}] has no reference`)
  for (const problem of report.openProblems)
    assert.ok(problem.citations.length > 0, 'an open problem cites nothing')

  const state = concord.state(`run/${run.id}`)
  assert.equal(await state.get('final_summary'), output.markdown)
  const papers = await state.get('papers:list')
  assert.ok(Array.isArray(papers) && papers.length >= report.references.length)

  const events = await concord.events(run.id)
  const checks = events.filter(({ type }) => type === 'check.met' || type === 'check.unmet')
  console.error(
    `${events.length} events, ${papers.length} papers, ${numbers.size} references, ${checks.length} check(s): all as promised.`,
  )
} finally {
  await concord.close()
}

function outputOf(value: Json): Output {
  assert.ok(
    isObject(value) && typeof value.markdown === 'string' && isObject(value.report),
    'the run returned no report',
  )
  // The shape is the research team's promise; what matters of it is asserted above.
  return value as JsonObject & Output
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
