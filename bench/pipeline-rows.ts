import { factOf } from './facts.ts'
import type { Row } from './rows.ts'
import { stepsPerRun } from './work.ts'

const file = (name: string): URL => new URL(`subjects/${name}.ts`, import.meta.url)

const memory = (): Row => ({
  title: 'pipeline in memory, 1 run at a time',
  unit: 'us a step',
  perWork: stepsPerRun,
  scale: 1000,
  floor: { label: 'floor: a plain async chain', file: file('floor-memory'), name: 'pipeline' },
  concord: {
    label: 'Concord, store in memory',
    file: file('concord-pipeline'),
    name: 'pipeline',
    options: { kind: 'memory', runs: 1 },
  },
  target: { timesFloor: 2 },
})

/**
 * The floor that is judged writes what the promise needs: the result of a step, durable before the next starts, one row. Concord writes more rows
 * than that (what started, who owns the run, a digest chain), by choice; the second floor writes those too, so that the
 * price of the choice and the price of the engine can be told apart.
 */
const durable = (durability: 'process' | 'power', runs: number): Row => {
  const options = { kind: 'sqlite', runs, durability }
  const concord = {
    label: 'Concord on SQLite',
    file: file('concord-pipeline'),
    name: 'pipeline',
    options,
  }
  const sameRows = {
    label: "the same rows as Concord's, hash-chained, without an engine",
    file: file('floor-same-rows'),
    name: 'pipeline',
    options,
  }
  return {
    title: `pipeline durable, ${durability === 'power' ? 'FULL (power)' : 'NORMAL (process)'}, ${runs === 1 ? '1 run' : `${runs} runs`} at a time`,
    unit: 'us a step',
    perWork: stepsPerRun,
    scale: 1000,
    floor: {
      label: `floor: one INSERT a step${runs > 1 ? ', group commit' : ', each its own transaction'}`,
      file: file('floor-sqlite'),
      name: 'pipeline',
      options,
    },
    others: [sameRows],
    concord,
    target: { timesFloor: 1.5 },
    notes: (measured) => [
      `Concord writes ${factOf(measured, sameRows, 'rows')} events a run in ${factOf(measured, sameRows, 'commits')} commits; the floor ${stepsPerRun} rows in ${stepsPerRun}`,
      `event-loop delay p99: floor ${factOf(measured, measured[0]!.ref, 'eventLoopDelayP99Ms')} ms, Concord ${factOf(measured, concord, 'eventLoopDelayP99Ms')} ms;` +
        ` write-ahead log: floor ${factOf(measured, measured[0]!.ref, 'walBytes', 2 ** -20)} MiB, Concord ${factOf(measured, concord, 'walBytes', 2 ** -20)} MiB at the most`,
    ],
  }
}

export const pipelineRows = (): Row[] => [
  memory(),
  durable('process', 1),
  durable('process', 64),
  durable('power', 1),
  durable('power', 64),
]
