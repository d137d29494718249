import { join } from 'node:path'
import { plural } from '../../domain/amounts.ts'
import { ConcordError } from '../../domain/errors.ts'
import { nearest } from '../../domain/nearest.ts'
import type { HistoryConfig } from '../../platform/audit.ts'
import { makeKey } from '../../platform/keys.ts'
import { readCheckpoints, reportText, withAudit } from '../audit-report.ts'
import { command } from '../command.ts'
import { inNewFile } from '../new-file.ts'
import type { CommonValues, Values } from '../options.ts'
import { settingsOf } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

const options = {
  checkpoint: {
    type: 'string',
    multiple: true,
    value: 'file',
    description: 'verify: a checkpoint kept elsewhere to compare with',
  },
  'public-key': {
    type: 'string',
    multiple: true,
    value: 'file',
    description: 'verify: whose signatures count (PEM, or a folder of such); again for each key there was',
  },
  out: { type: 'string', value: 'file', description: 'checkpoint, export, key: where to write it' },
  heads: {
    type: 'boolean',
    description: 'checkpoint: list every stream as well, so that a missing one can be named',
  },
  run: { type: 'string', value: 'run', description: 'export: events of this run only' },
  from: { type: 'string', value: 'time', description: 'export: events from this time on (ISO 8601)' },
  to: { type: 'string', value: 'time', description: 'export: events up to this time' },
  'older-than': { type: 'string', value: 'age', description: 'prune: runs that ended so long ago: 90d, 12h' },
  state: {
    type: 'boolean',
    description:
      'prune: old changes of shared state instead; without --older-than and --changes as memory.state.history of the config says',
  },
  changes: {
    type: 'string',
    value: 'n',
    description: 'prune --state: keep so many changes of each namespace',
  },
  'dry-run': { type: 'boolean', description: 'prune: only say what would go' },
  json: { type: 'boolean', description: 'print a JSON object' },
} as const

type Given = Values<typeof options> & CommonValues

const wrong = (problem: string, way: string): ConcordError =>
  new ConcordError('input.invalid', `Cannot audit as ${problem}; ${way}`)

const instantOf = (option: string, given: string | undefined): number | undefined => {
  if (given === undefined) return undefined
  const at = /^\d+$/.test(given) ? Number(given) : Date.parse(given)
  if (Number.isFinite(at)) return at
  throw wrong(`${option} is a time: ${given}`, `write ${option} 2026-11-22 or ${option} 2026-11-22T12:00:00Z`)
}

const unitMs: { [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

const ageOf = (given: string | undefined): number => {
  const [, amount, unit = ''] = /^(\d+)([smhdw])$/.exec(given ?? '') ?? []
  const ms = Number(amount) * (unitMs[unit] ?? Number.NaN)
  if (Number.isSafeInteger(ms)) return ms
  throw wrong(`--older-than is an age: ${given ?? 'none is given'}`, 'write --older-than 90d, 12h or 30m')
}

const verify = (values: Given): Promise<number> =>
  withAudit(values, async (audit) => {
    const publicKeys = values['public-key']
    const report = await audit.verify({
      held: readCheckpoints(values.checkpoint),
      ...(publicKeys.length === 0 ? {} : { publicKeys }),
    })
    openTerminal().out(values.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
    return report.ok ? 0 : 1
  })

const checkpoint = (values: Given): Promise<number> =>
  withAudit(values, async (audit) => {
    const terminal = openTerminal()
    const make = async (write: (text: string) => unknown) => {
      const { checkpoint, heads } = await audit.checkpoint()
      const kept = values.heads ? { ...checkpoint, heads } : checkpoint
      await write(`${JSON.stringify(kept, null, values.heads ? 0 : 2)}\n`)
      return checkpoint
    }
    const { out } = values
    const kept = await (out === undefined ? make(terminal.out) : inNewFile(out, ({ write }) => make(write)))
    terminal.err(
      `Checkpoint ${kept.number}: ${plural(kept.streams, 'stream')} up to event ${kept.position}${out === undefined ? '' : `, in ${out}`}; keep it where the keeper of the log cannot change it\n`,
    )
    return 0
  })

const exportEvents = (values: Given): Promise<number> =>
  withAudit(values, async (audit) => {
    const from = instantOf('--from', values.from)
    const to = instantOf('--to', values.to)
    const query = {
      ...(values.run === undefined ? {} : { run: values.run }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    }
    const { out } = values
    const count = await (out === undefined
      ? audit.export(query, openTerminal().outInTurn)
      : inNewFile(out, ({ write }) => audit.export(query, write)))
    openTerminal().err(`${plural(count, 'event')}\n`)
    return 0
  })

const prune = (values: Given): Promise<number> => {
  if (values.changes !== undefined)
    throw wrong(`--changes is about shared state: ${values.changes}`, 'add --state, or leave it out')
  const before = Date.now() - ageOf(values['older-than'])
  return withAudit(values, async (audit) => {
    const dryRun = values['dry-run']
    const pruned = await audit.prune({ before, dryRun })
    openTerminal().out(
      values.json
        ? `${JSON.stringify({ ...pruned, dryRun }, null, 2)}\n`
        : `${dryRun ? 'Would drop' : 'Dropped'} ${plural(pruned.runs, 'run')} that ended before ${new Date(before).toISOString()}: ${plural(pruned.streams, 'stream')}, ${plural(pruned.events, 'event')}\n`,
    )
    return 0
  })
}

const dayMs = 86_400_000

const historyOf = async (values: Given): Promise<HistoryConfig> => {
  const { changes } = values
  const age = values['older-than']
  if (age === undefined && changes === undefined) {
    const kept = (await settingsOf(values)).memory?.state?.history
    if (kept?.days !== undefined || kept?.changes !== undefined) return kept
    throw wrong(
      'nothing says how much of the past of shared state is kept',
      'write --older-than 90d or --changes 1000, or set memory.state.history in the config',
    )
  }
  if (changes !== undefined && !/^[1-9]\d*$/.test(changes))
    throw wrong(`--changes is a whole number from 1: ${changes}`, 'write --changes 1000')
  const days = age === undefined ? undefined : ageOf(age) / dayMs
  if (days !== undefined && days < 1)
    throw wrong(`changes of the last day stay: --older-than ${age}`, 'write --older-than 1d or more')
  return {
    ...(days === undefined ? {} : { days }),
    ...(changes === undefined ? {} : { changes: Number(changes) }),
  }
}

const pruneState = async (values: Given): Promise<number> => {
  const keep = await historyOf(values)
  return withAudit(values, async (audit) => {
    const dryRun = values['dry-run']
    const pruned = await audit.pruneState({ keep, dryRun })
    openTerminal().out(
      values.json
        ? `${JSON.stringify({ ...pruned, dryRun }, null, 2)}\n`
        : `${dryRun ? 'Would drop' : 'Dropped'} ${plural(pruned.changes, 'change')} of shared state in ${plural(pruned.namespaces, 'namespace')}\n`,
    )
    return 0
  })
}

const makeKeyFile = async (values: Given): Promise<number> => {
  const config = await settingsOf(values)
  const file = values.out ?? join(config.stores?.directory ?? '.concord', 'audit.key')
  await makeKey(file)
  openTerminal().out(`Private key ${file}, public key ${file}.pub\n`)
  return 0
}

const actions: { [name: string]: (values: Given) => Promise<number> } = {
  verify,
  checkpoint,
  export: exportEvents,
  prune: (values) => (values.state ? pruneState(values) : prune(values)),
  key: makeKeyFile,
}

export const auditCommand = command({
  name: 'audit',
  summary: 'Verify the log, sign where it stands, export it, drop what is old',
  positionals: [
    {
      name: 'action',
      shown: 'verify|checkpoint|export|prune|key',
      description:
        'verify: recompute every chain and compare with checkpoints; checkpoint: sign the log; export: every event as JSON Lines; prune: drop old runs, or old changes of shared state; key: make a key pair',
      required: true,
    },
  ],
  options,
  notes: [
    'The private key is audit.key of the config, CONCORD_AUDIT_KEY (PEM or a file), or audit.key in the folder of the runs; better none of the last.',
    'Verification exits with 1 when something was changed, removed, inserted or reordered.',
  ],
  examples: [
    'concord audit key --out ~/keys/concord.key',
    'concord audit checkpoint --out monday.json',
    'concord audit verify --checkpoint monday.json --public-key concord.key.pub',
    'concord audit prune --older-than 90d --dry-run',
    'concord audit prune --state --older-than 30d',
  ],
  async run([action = ''], values) {
    const chosen = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (chosen !== undefined) return chosen(values)
    const meant = nearest(action, Object.keys(actions))
    throw wrong(
      `"${action}" is no action`,
      meant === undefined
        ? `there are: ${Object.keys(actions).join(', ')}`
        : `did you mean "concord audit ${meant}"?`,
    )
  },
})
