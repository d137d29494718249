import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { fitLogistic } from './logistic-fit.ts'
import { areaUnderCurve, balancedAccuracy } from './metrics.ts'
import { fitRanker } from './ranker-fit.ts'
import { rouge, rougeMax } from './rouge.ts'
import { partOf } from './verification/papers.ts'
import { reworded } from './verification/reworded.ts'
import { wording } from './verification/wordings.ts'

function evaluate(names: string[], data: string) {
  const env = { ...process.env, CONCORD_DATA: data }
  return spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...names], {
    env,
    encoding: 'utf8',
  })
}

test('absent data end with 2 and say where they should be', () => {
  for (const name of ['scitldr', 'citations', 'verification', 'fit-scitldr', 'fit-citations']) {
    const { status, stderr } = evaluate([name], join(import.meta.dirname, 'no-such-folder'))
    assert.equal(status, 2)
    assert.match(stderr, /CONCORD_DATA/)
  }
})

test('an unknown evaluation ends with 1 and lists the known ones', () => {
  const { status, stderr } = evaluate(['nonsense'], '.')
  assert.equal(status, 1)
  assert.match(stderr, /scitldr, citations/)
})

test('rouge counts as worked out by hand', () => {
  const found = rouge('the cat sat', 'the cat is on the mat', false)
  assert.ok(Math.abs(found.rouge1 - (200 * 2) / 9) < 1e-9)
  assert.ok(Math.abs(found.rouge2 - (200 * 1) / 7) < 1e-9)
  assert.ok(Math.abs(found.rougeL - (200 * 2) / 9) < 1e-9)
  assert.equal(rouge('studies', 'studying', false).rouge1, 0)
  assert.equal(rouge('studies', 'studying', true).rouge1, 100)
  assert.equal(rougeMax('a b', ['x', 'a b'], false).rouge1, 100)
})

test('the area under the curve counts ties as half, and balanced accuracy both sides alike', () => {
  assert.equal(areaUnderCurve([0.9, 0.5], [0.5, 0.1]), 0.875)
  assert.equal(balancedAccuracy([0.9, 0.5], [0.5, 0.1, 0.1, 0.1], 0.5), 0.875)
})

test('the fits find what was put in', () => {
  const examples = Array.from({ length: 40 }, (_, at) => ({
    features: { real: at % 7, noise: (at * 13) % 5 },
    positive: at % 7 > 3,
  }))
  const weights = fitLogistic(examples, { l2: 0.1 })
  assert.ok(weights.get('real')! > 10 * Math.abs(weights.get('noise')!))
  const groups = Array.from({ length: 20 }, (_, at) => ({
    features: [new Map([['good', at % 2]]), new Map([['good', 1 - (at % 2)]])],
    gains: [at % 2, 1 - (at % 2)],
  }))
  assert.ok(fitRanker(groups, { iterations: 50 }).get('good')! > 0.5)
})

test('parts of papers and wordings do not meet, and a reworded sentence is another text', () => {
  const words = Array.from({ length: 9 }, (_, at) => `wording ${at}`)
  const [chosen, reported] = [wording(words, 'choose'), wording(words, 'report')]
  assert.deepEqual([...chosen, ...reported].sort(), words)
  assert.ok(chosen.every((each) => !reported.includes(each)))
  const ids = Array.from({ length: 400 }, (_, at) => `24${String(at).padStart(2, '0')}.00001`)
  const share = ids.filter((id) => partOf(id) === 'choose').length / ids.length
  assert.ok(share > 0.4 && share < 0.6, String(share))
  assert.equal(
    reworded('FADE reduces hallucination by 26% on POPE.', 2),
    'FADE reduces hallucination by 26 percent on POPE.',
  )
})
