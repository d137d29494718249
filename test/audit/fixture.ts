import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import type { Draft } from '../../src/domain/event.ts'
import type { RunSummary } from '../../src/domain/summary.ts'
import { type Audit, type HeldCheckpoint, openAudit } from '../../src/platform/audit.ts'
import { makeKey } from '../../src/platform/keys.ts'
import { systemRandom } from '../../src/platform/system.ts'
import { type CommitRun, commitDigest, commitList, genesis, toDigest } from '../../src/stores/chain.ts'
import { type SqliteStores, sqliteStores } from '../../src/stores/sqlite/stores.ts'
import { type ManualClock, manualClock } from '../../src/testing/clock.ts'

export const day = 86_400_000

/** A folder for stores beside a key that lies outside of them; removed after the tests of the file. */
export const workshop = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-audit-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const key = join(folder, 'keys/audit.key')
  await makeKey(key)
  let copies = 0
  const fresh = () => {
    const directory = join(folder, `store-${copies++}`)
    mkdirSync(directory)
    return directory
  }
  return {
    folder,
    key,
    publicKey: `${key}.pub`,
    fresh,
    /** A copy of a closed store. */
    copy(directory: string) {
      const to = fresh()
      cpSync(join(directory, 'concord.db'), join(to, 'concord.db'))
      return to
    },
  }
}

export type Workshop = Awaited<ReturnType<typeof workshop>>

export const withStores = async <T>(
  directory: string,
  use: (stores: SqliteStores) => Promise<T>,
  clock: ManualClock = manualClock(),
): Promise<T> => {
  const stores = await sqliteStores({ directory, durability: 'process', clock, random: systemRandom() })
  try {
    return await use(stores)
  } finally {
    await stores.close()
  }
}

/** `key: null`: an auditor without a private key. */
export const withAudit = async <T>(
  directory: string,
  key: string | null,
  use: (audit: Audit) => Promise<T>,
  clock: ManualClock = manualClock(),
): Promise<T> => {
  const audit = await openAudit({
    config: { stores: { directory }, audit: { key: key ?? join(directory, 'none.key') } },
    clock,
  })
  try {
    return await use(audit)
  } finally {
    await audit.close()
  }
}

export const signed = (directory: string, key: string, clock?: ManualClock): Promise<HeldCheckpoint> =>
  withAudit(
    directory,
    key,
    async (audit) => {
      const { checkpoint, heads } = await audit.checkpoint()
      return { ...checkpoint, heads }
    },
    clock,
  )

export const verified = (directory: string, { publicKey }: Workshop, ...held: HeldCheckpoint[]) =>
  withAudit(directory, null, (audit) => audit.verify({ held, publicKeys: publicKey }))

export const summaryOf = (run: string, at: number, more: Partial<RunSummary> = {}): RunSummary => ({
  run,
  status: 'succeeded',
  goal: { text: `goal of ${run}`, team: 't' },
  createdAt: at,
  updatedAt: at,
  ...more,
})

const recorded = (at: number, call: string): Draft => ({
  type: 'step.recorded',
  at,
  step: 's',
  agent: 'g',
  cause: 'run/x@1',
  data: { call, name: 'n', value: `secret of ${call}` },
})

/** A run of four events that wrote its own state and the global one, and was signalled. */
export const addRun = async (
  { log }: SqliteStores,
  run: string,
  at: number,
  more: Partial<RunSummary> = {},
): Promise<void> => {
  const stream = `run/${run}`
  const summary = summaryOf(run, at, more)
  const provenance = { run, agent: 'g', epoch: 1 }
  await log.append({
    stream,
    expectedVersion: 0,
    epoch: 1,
    events: [recorded(at, `${run}-1`), recorded(at, `${run}-2`)],
    writes: [
      { namespace: `run/${run}`, key: 'k', value: `secret of ${run}`, operation: `${run}-op`, provenance },
      { namespace: 'global', key: `of-${run}`, value: `secret of ${run}`, provenance },
    ],
    summary: { ...summary, status: 'running' },
  })
  const signal = { kind: 'answer', value: `secret answer to ${run}` } as const
  await log.append({
    stream: `inbox/${run}`,
    expectedVersion: 'any',
    epoch: 0,
    events: [{ type: 'signal.received', at, data: { inbox: 1, signal } }],
  })
  await log.append({
    stream,
    expectedVersion: 2,
    epoch: 1,
    events: [recorded(at, `${run}-3`), { type: 'run.started', at, data: {} }],
    summary,
  })
}

/** What an attacker without the key does: makes every commit list what the events now are. */
export const recommit = (db: DatabaseSync): void => {
  const ends = db.prepare('SELECT position, incarnation FROM commits ORDER BY position').all()
  const select = db.prepare(`SELECT s.name, e.version, e.digest FROM events e
    JOIN streams s ON s.id = e.stream WHERE e.position > ? AND e.position <= ? ORDER BY e.position`)
  db.exec('DELETE FROM commits')
  let previous = genesis
  let before = 0
  for (const { position, incarnation } of ends) {
    const runs: CommitRun[] = []
    for (const { name, version, digest } of select.all(before, Number(position))) {
      const head = toDigest(digest as Uint8Array)
      const [stream, at] = [String(name), Number(version)]
      const last = runs.at(-1)
      if (last?.stream === stream) Object.assign(last, { to: at, head })
      else runs.push({ stream, from: at, to: at, head })
    }
    before = Number(position)
    if (runs.length === 0) continue
    const list = commitList(runs)
    previous = commitDigest(previous, before, String(incarnation), list)
    db.prepare('INSERT INTO commits VALUES (?, ?, ?, ?)').run(
      before,
      list,
      String(incarnation),
      Buffer.from(previous, 'latin1'),
    )
  }
}

/** Changes a closed store behind Concord's back. */
export const tamper = (directory: string, attack: string | ((db: DatabaseSync) => void)): void => {
  const db = new DatabaseSync(join(directory, 'concord.db'))
  try {
    if (typeof attack === 'string') db.exec(attack)
    else attack(db)
  } finally {
    db.close()
  }
}

export const query = (directory: string, sql: string): { [column: string]: unknown }[] => {
  const db = new DatabaseSync(join(directory, 'concord.db'), { readOnly: true })
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}
