import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { orchestration } from './orchestration.ts'
import { printSummary } from './report.ts'

const usage = `npm run bench [-- <section>] [--only <text in a row's title>] [--quick] [--peers]
sections: orchestration`

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
  const unknown = positionals.filter((name) => name !== 'orchestration')
  if (unknown.length > 0) {
    console.error(`Cannot measure as no section is called ${unknown.join(', ')}; ${usage}`)
    return 1
  }
  console.log(
    `node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0]?.toFixed(1)}`,
  )
  const { only, quick, peers } = values
  const outcomes = await orchestration({ quick, peers, ...(only === undefined ? {} : { only }) })
  printSummary(outcomes)
  return 0
}

process.exitCode = await main()
