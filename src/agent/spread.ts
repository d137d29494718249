import { childKey } from '../domain/budget.ts'
import { ConcordError, toFailure } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { itemOf } from '../domain/item-run.ts'
import type { Json } from '../domain/json.ts'
import { itemRun } from '../domain/names.ts'
import { continued, spanIdOf, traceOfRun } from '../domain/trace-context.ts'
import type { StateWrite } from '../ports/state-store.ts'
import type { ItemEnd } from '../runtime/items.ts'
import type { Execution, Outcome } from '../runtime/perform.ts'
import { stale } from '../runtime/work-journal.ts'
import { ceilingOf, childBudget, isLimited } from './delegate.ts'
import type { AgentServices } from './services.ts'

/**
 * Executes a spread step, or an item of one, as a child run that any process may take, and returns how
 * it ended as if it had been executed here. Executed again, it finds the same child run.
 */
export const spreadOut = async (services: AgentServices, execution: Execution): Promise<Outcome> => {
  const { run, work, cancellation } = execution
  const id = itemRun(run.id, work.plan, work.redo, work.id)
  try {
    await begin(services, execution, id)
    const end = await services.items.ended(id, work, cancellation)
    return end.status === 'waiting' ? end : settled(execution, id, end)
  } catch (error) {
    return { status: 'failed', failure: toFailure(error, 'agent.failed') }
  }
}

const begin = async (services: AgentServices, execution: Execution, id: string): Promise<void> => {
  const { run, work, journal, idempotencyKey } = execution
  const budget = await childBudget({ execution }, id, {})
  await journal.mayAct()
  if (!journal.current) throw stale()
  const { budget: _, ...rest } = run.goal
  const goal: Goal = budget === undefined ? rest : { ...rest, budget }
  await services.items.begin(id, {
    goal,
    strategy: run.strategy,
    parent: {
      run: run.id,
      step: work.id,
      key: idempotencyKey,
      ...(isLimited(run) ? { ceiling: ceilingOf(run, {}) } : {}),
    },
    item: itemOf(run, work, execution.input),
    depth: run.depth,
    ...(run.teamDigest === undefined ? {} : { teamDigest: run.teamDigest }),
    ...(run.recalled === undefined ? {} : { recalled: run.recalled }),
    ...(run.readable === undefined ? {} : { readable: [...run.readable] }),
    ...(run.labels.length === 0 ? {} : { labels: [...run.labels] }),
    ...(run.unattended === undefined ? {} : { unattended: run.unattended }),
    ...(run.principal === undefined ? {} : { principal: run.principal }),
    ...(run.byContent ? { journal: 'content' as const } : {}),
    trace: traceOfRun(id, continued(run, spanIdOf(idempotencyKey))),
  })
}

const settled = (
  { run, work, journal, now }: Execution,
  id: string,
  end: Exclude<ItemEnd, { status: 'waiting' }>,
): Outcome => {
  const { cost, reads, attempt } = end
  const envelope = { at: now(), step: work.id, agent: work.step.agent }
  const drafts: Draft[] = []
  const labels = end.labels.filter((label) => !run.labels.includes(label))
  if (labels.length > 0)
    drafts.push({ type: 'labels.raised', data: { labels, by: `run ${id}` }, ...envelope })
  if (isLimited(run) || cost.tokens > 0 || cost.money > 0 || cost.steps > 0)
    drafts.push({
      type: 'budget.settled',
      data: { key: childKey(id), amount: cost, child: id },
      ...envelope,
    })
  // With the step's own end, in one commit.
  if (drafts.length > 0) journal.note(drafts)
  const read = reads === undefined ? {} : { reads }
  if (end.status === 'failed') return { status: 'failed', failure: end.failure, attempts: attempt, ...read }
  const writes = end.writes === undefined ? {} : { writes: writesOf(run.epoch, end.writes) }
  return { status: 'succeeded', output: end.output, ...writes, ...read }
}

/** State writes as the item's agent returned them, fenced by the owner that commits them. */
const writesOf = (epoch: number, recorded: Json): StateWrite[] => {
  if (!Array.isArray(recorded))
    throw new ConcordError('internal', 'the writes that an item recorded are not a list')
  return (recorded as unknown as StateWrite[]).map((write) => ({
    ...write,
    provenance: { ...write.provenance, epoch },
  }))
}
