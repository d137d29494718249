import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { research } from './setting.ts'

const FILES: { [name: string]: string } = {
  'cover-crops.md': `# Cover crops and soil carbon

## Abstract

Soil organic carbon is lost when fields lie bare in winter. We measure soil carbon under cover crops on 24 farms over nine years. Cover crops
raise soil organic carbon by 0.32 tonnes per hectare and year compared with bare fallow. However, it remains unclear how long the stored
carbon stays in the soil after ploughing.

## Conclusion

We show that cover crops store carbon in the topsoil of temperate farms. Future work should measure carbon below 30 centimetres, where data are scarce.
`,
  'biochar.txt': `Biochar as a store of soil carbon

Abstract. Biochar is charcoal made from plant residues and resists decay in soil. We present a field trial of biochar on sandy soils with 12 plots and
three rates of application. Biochar raises soil carbon stocks by 41% after five years and lowers nitrous oxide emissions. The long-term effect of biochar on soil life remains poorly understood.
`,
  'no-till.html': `<html><head><title>No-till farming and soil carbon stocks</title></head><body><article><h1>No-till farming and soil carbon stocks</h1>
<p>Abstract</p><p>No-till farming is promoted as a way to store carbon in soil. We analyse 67 paired trials of no-till and ploughed soils across six countries. No-till moves
soil carbon towards the surface but does not increase the total stock below 40 centimetres. Current models fail to predict where no-till stores carbon.</p></article></body></html>`,
  'sensors.jsonl': `${JSON.stringify({
    id: 'sensors-1',
    title: 'Cheap infrared sensors for soil carbon',
    abstract:
      'Laboratory analysis of soil carbon is slow and expensive. We develop a hand-held infrared sensor that estimates soil carbon in the field within a minute. The sensor reaches an error of 0.2 percent carbon on 310 samples of soil. Calibration for wet soils remains an open problem.',
    authors: ['Ada Moor', 'Ben Feld'],
    published: '2024-05-02',
  })}\n${JSON.stringify({
    id: 'sensors-2',
    title: 'Satellite maps of soil carbon',
    abstract:
      'Maps of soil carbon are needed to pay farmers for storage. We introduce a method that maps soil carbon from satellite images at 30 metres. The maps explain 61% of the variance of soil carbon on bare cropland. The method cannot see carbon under permanent vegetation.',
    authors: ['Cleo Acker', 'Dora Hain', 'Emil Wald'],
    published: '2025-02-11',
  })}\n`,
}

const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'concord-folder-'))
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(path, name), text)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const GOAL = 'Summarize what is known about soil carbon storage and name three open research questions'

test('a folder of mixed files on another subject is read, grouped and cited', async () => {
  await using files = await folder()
  const config = { toolSettings: { papers: { corpusRoots: [files.path] } } }
  await using ran = await research(GOAL, { corpus: files.path }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  const { markdown, report, sources, source } = ran.output
  assert.equal(source, files.path)
  assert.equal(sources.length, 5)
  assert.ok(report.themes.length >= 1, markdown)
  assert.match(markdown, /0\.32 tonnes|41%|67 paired trials/)
  assert.match(markdown, /Moor and Feld \(2024\)/)
  assert.ok(report.openProblems.length >= 2, markdown)
  assert.match(markdown, /The document “/)
})

test('whole documents are read on request, and the validator reads them again', async () => {
  await using files = await folder()
  const config = { toolSettings: { papers: { corpusRoots: [files.path] } } }
  await using ran = await research(GOAL, { corpus: files.path, fullText: true }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  const events = await ran.concord.events(ran.run.id)
  const fetched = events.filter(
    ({ type, data }) => type === 'tool.called' && (data as { tool: string }).tool === 'paper_fetch',
  )
  assert.ok(fetched.some(({ step }) => step?.startsWith('read/')))
  assert.ok(fetched.some(({ step }) => step === '$check'))
  const readings = events.flatMap((event) =>
    event.type === 'step.succeeded' && event.step?.startsWith('read/')
      ? [JSON.stringify(event.data.output)]
      : [],
  )
  assert.ok(readings.some((reading) => reading.includes('below 30 centimetres')))
})

test('a question that shares no word with the folder is answered from the folder as a whole, and says so', async () => {
  await using files = await folder()
  const config = { toolSettings: { papers: { corpusRoots: [files.path] } } }
  await using ran = await research('Which authors disagree?', { corpus: files.path }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.match(ran.output.notes.join(), /its documents were read as a whole/)
  assert.ok(ran.output.sources.length >= 4)
})
