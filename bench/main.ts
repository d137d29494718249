import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { auditScale } from './audit.ts'
import { memory } from './memory.ts'
import { orchestration } from './orchestration.ts'
import { printSummary } from './report.ts'
import { scale } from './scale.ts'

const sections = ['orchestration', 'log', 'memory', 'audit', 'scale'] as const

const usage = `npm run bench [-- <section> ...] [--only <text in a row's title>] [--quick] [--peers]
sections: ${sections.join(', ')}; default orchestration`

const notMeasured = `
Not measured: models and networks (the model answers at once); several processes on one store; PostgreSQL; waiting in a queue;
disks other than the one the repository lies on, whose FULL may be answered by a cache; machines with more cores.
The figures are of this moment on this machine: compare ratios of one run. A subject's CPU time counts all threads of its process.`

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const unknown = positionals.filter((name) => !sections.some((section) => section === name))
  if (unknown.length > 0) {
    console.error(`Cannot measure as no section is called ${unknown.join(', ')}; ${usage}`)
    return 1
  }
  console.log(
    `node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0]?.toFixed(1)}`,
  )
  const { only, quick, peers } = values
  const wanted = new Set(positionals.length === 0 ? ['orchestration'] : positionals)
  let unmeasured = false
  if (wanted.has('orchestration')) {
    const outcomes = await orchestration({ quick, peers, ...(only === undefined ? {} : { only }) })
    printSummary(outcomes)
    unmeasured = outcomes.some(({ met }) => met === undefined)
    console.log(notMeasured)
    warnWhenBusy()
  }
  if (wanted.has('memory')) {
    const outcomes = await memory({ quick, peers, ...(only === undefined ? {} : { only }) })
    printSummary(outcomes)
    unmeasured ||= outcomes.some(({ met }) => met === undefined)
    warnWhenBusy()
  }
  if (wanted.has('audit')) await auditScale(quick)
  if (wanted.has('scale')) await scale(quick, only)
  // A target that is missed is a result; one that could not be measured is a failure.
  const failed = wanted.has('log') && runLog(quick) !== 0
  return failed || unmeasured ? 1 : 0
}

/** Ratios bear a busy machine, absolute figures do not. */
const warnWhenBusy = (): void => {
  const load = loadavg()[0] ?? 0
  if (load > availableParallelism())
    console.log(
      `The machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} processors): read no absolute target off this run.`,
    )
}

/** The log's own measurement is a program by itself. */
const runLog = (quick: boolean): number => {
  const script = fileURLToPath(new URL('log.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [script, quick ? '3' : '7'], { stdio: 'inherit' })
  return status ?? 1
}

process.exitCode = await main()
