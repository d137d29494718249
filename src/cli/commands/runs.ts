import { ConcordError } from '../../domain/errors.ts'
import { nearest } from '../../domain/nearest.ts'
import { finalStatuses, type RunStatus, type RunSummary } from '../../domain/summary.ts'
import type { Concord } from '../../platform/concord-types.ts'
import type { RunsQuery } from '../../ports/event-log.ts'
import { command } from '../command.ts'
import { concordCommand } from '../command-name.ts'
import { allRuns } from '../find-run.ts'
import { ago, columnsOf, type Paint, painter } from '../format.ts'
import { openWith, settingsOf, storeExists } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

const statuses: RunStatus[] = [
  'queued',
  'running',
  'waiting',
  'suspended',
  'succeeded',
  'failed',
  'cancelled',
]

const statusesOf = (given: readonly string[]): RunStatus[] =>
  given
    .flatMap((list) => list.split(','))
    .map((text) => {
      const status = statuses.find((one) => one === text)
      if (status !== undefined) return status
      const meant = nearest(text, statuses)
      throw new ConcordError(
        'input.invalid',
        `Cannot list runs with status "${text}" as a status is one of ${statuses.join(', ')}; ${meant === undefined ? 'choose one' : `did you mean ${meant}?`}`,
      )
    })

const limitOf = (given: string | undefined): number => {
  const limit = given === undefined ? 20 : Number(given)
  if (Number.isInteger(limit) && limit > 0) return limit
  throw new ConcordError(
    'input.invalid',
    `Cannot list "${given}" runs as --limit is a number from 1 up; write for example --limit 50`,
  )
}

/** A run that claims to run though its process is gone says so: it waits for a process to claim it. */
/** What keeps an open run from being executed with this configuration. */
const blockedText = async (concord: Concord, { run, status }: RunSummary): Promise<string | undefined> =>
  finalStatuses.has(status) ? undefined : concord.blocked(await concord.runner.load(run))

const statusText = async (concord: Concord, run: RunSummary): Promise<string> => {
  if (finalStatuses.has(run.status) || run.status === 'suspended' || run.status === 'waiting')
    return run.status
  return run.owner !== undefined && (await concord.isAlive(run.owner)) ? run.status : 'interrupted'
}

const colorOf: { [status: string]: Parameters<Paint>[0] } = {
  succeeded: 'green',
  failed: 'red',
  cancelled: 'red',
  running: 'cyan',
  waiting: 'yellow',
  suspended: 'yellow',
  interrupted: 'yellow',
}

const list = async (concord: Concord, query: RunsQuery, limit: number, all: boolean) => {
  const found: RunSummary[] = []
  for await (const run of allRuns(concord, query)) {
    if (!all && run.parent !== undefined) continue
    found.push(run)
    if (found.length > limit) break
  }
  return found
}

export const runsCommand = command({
  name: 'runs',
  summary: 'List runs, newest first',
  options: {
    status: { type: 'string', multiple: true, value: 'status,...', description: statuses.join(', ') },
    team: { type: 'string', value: 'name', description: 'of this team' },
    tag: { type: 'string', value: 'word', description: 'whose goal has this tag' },
    by: { type: 'string', value: 'id', description: 'that this principal asked for' },
    text: { type: 'string', value: 'text', description: 'whose goal contains this text' },
    limit: { type: 'string', value: 'n', description: 'at most so many (default 20)' },
    all: { type: 'boolean', description: 'child runs as well' },
    json: { type: 'boolean', description: 'print a JSON array' },
  },
  examples: ['concord runs', 'concord runs --status failed,waiting --json'],
  async run(_, values) {
    const terminal = openTerminal(values['no-color'])
    const status = statusesOf(values.status)
    const limit = limitOf(values.limit)
    const config = await settingsOf(values)
    if (!storeExists(config)) {
      if (values.json) terminal.out('[]\n')
      else
        terminal.err(
          `No runs in ${config.stores?.directory}; start one with ${concordCommand} run "<goal>"\n`,
        )
      return 0
    }
    const concord = await openWith(config)
    try {
      const query = {
        ...(status.length === 0 ? {} : { status }),
        ...(values.team === undefined ? {} : { team: values.team }),
        ...(values.tag === undefined ? {} : { tag: values.tag }),
        ...(values.by === undefined ? {} : { principal: values.by }),
        ...(values.text === undefined ? {} : { text: values.text }),
      }
      const found = await list(concord, query, limit, values.all)
      const shown = found.slice(0, limit)
      const blocked = await Promise.all(shown.map((run) => blockedText(concord, run)))
      if (values.json) {
        const listed = shown.map((run, i) => ({ ...run, blocked: blocked[i] }))
        terminal.out(`${JSON.stringify(listed, null, 2)}\n`)
        return 0
      }
      const paint = painter(terminal.color.out)
      const now = Date.now()
      const rows: string[][] = []
      for (const run of shown)
        rows.push([
          run.run,
          await statusText(concord, run),
          run.goal.team,
          ago(now - run.createdAt),
          run.goal.text.replaceAll(/\s+/g, ' '),
        ])
      const lines = columnsOf([['run', 'status', 'team', 'age', 'goal'], ...rows])
      const width = terminal.bounded ? terminal.columns : Number.POSITIVE_INFINITY
      for (const [i, line] of lines.entries()) {
        const fitting = line.length > width ? `${line.slice(0, width - 1)}…` : line
        const word = rows[i - 1]?.[1] ?? ''
        const color = colorOf[word]
        terminal.out(
          `${i === 0 ? paint('dim', fitting) : color === undefined ? fitting : fitting.replace(word, paint(color, word))}\n`,
        )
      }
      for (const [i, { run }] of shown.entries())
        if (blocked[i] !== undefined)
          terminal.err(`Run ${run} cannot continue with this configuration, which lacks ${blocked[i]}\n`)
      if (shown.length === 0) terminal.err('No run fits\n')
      if (found.length > limit) terminal.err(`More with --limit ${limit * 5}\n`)
      return 0
    } finally {
      await concord.close()
    }
  },
})
