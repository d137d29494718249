import { createHash, randomUUID } from 'node:crypto'
import type { AgentCard } from '../domain/agent.ts'
import { ConcordError, type Failure } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import type { Json } from '../domain/json.ts'
import type { Label } from '../domain/labels.ts'
import type { Step } from '../domain/plan.ts'
import type { AskedBy } from '../platform/asked-by.ts'
import { openConcord } from '../platform/concord.ts'
import type { Concord, OpenOptions } from '../platform/concord-types.ts'
import type { ConcordConfig, RemoteAgent } from '../platform/config.ts'
import { settle } from '../platform/run/settle.ts'
import type { Logger } from '../ports/logger.ts'
import type { CallersMemory } from './callers-memory.ts'

export type AnyAgent = Exclude<NonNullable<ConcordConfig['agents']>[string], RemoteAgent>

export type Call = {
  input: Json
  key?: string
  timeoutMs?: number
  client: AbortSignal
  memory?: CallersMemory | undefined
  /** How many runs and calls it is below. */
  depth?: number | undefined
  /** What its caller has read. */
  labels?: readonly Label[] | undefined
} & AskedBy

export type Calls = {
  /** The agent's output. Throws its failure. */
  call(call: Call): Promise<Json>
  readonly card: AgentCard
  readonly logger: Logger
  close(): Promise<void>
}

type Open = Omit<OpenOptions, 'config'> & { config?: ConcordConfig }

/** One Concord in memory: its log grows with every call, so that it is replaced after some. */
type Generation = {
  concord: Concord
  card: AgentCard
  used: Set<string>
  active: number
  inputs: Map<string, Json>
  memories: Map<string, CallersMemory>
}

const callsOfGeneration = 500
const timeoutParam = 'timeoutMs'
const doorName = '$call'

const runId = (key: string | undefined): string =>
  key === undefined ? randomUUID() : `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`

/**
 * Calls an agent with the code that calls it in a team: a run of one step in memory. The run's id follows from the call's key, so that what
 * the agent passes on as its idempotency key is the same when its caller tries again. Calls with one key under way at once are one call.
 */
export const agentCalls = async (agent: AnyAgent, open: Open = {}): Promise<Calls> => {
  let current = await newGeneration(agent, open)
  const underWay = new Map<string, Shared>()

  let turn: Promise<unknown> = Promise.resolve()

  const renewed = async (id: string): Promise<Generation> => {
    // A key whose call failed is tried again under the same run id: only a fresh log has no such run.
    if (current.used.size >= callsOfGeneration || current.used.has(id)) {
      const old = current
      current = await newGeneration(agent, open)
      if (old.active === 0) await old.concord.close()
    }
    current.used.add(id)
    current.active++
    return current
  }

  /** One at a time, so that calls which find a generation used up make one new one together. */
  const generationFor = (id: string): Promise<Generation> => {
    const next = turn.then(() => renewed(id))
    turn = next.catch(() => {})
    return next
  }

  const execute = async (
    id: string,
    { input, timeoutMs, memory, depth, labels = [], principal, traceparent }: Call,
    wanted: AbortSignal,
  ): Promise<Json> => {
    const generation = await generationFor(id)
    const { concord, inputs, memories } = generation
    inputs.set(id, input)
    if (memory !== undefined) memories.set(id, memory)
    const cancel = () => void concord.signal(id, { kind: 'cancel', value: 'nobody waits' }).catch(() => {})
    try {
      // The step's time-out stands above the agent's own: the shorter of the two counts.
      const ms = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, agent.timeoutMs ?? Number.POSITIVE_INFINITY)
      const params = Number.isFinite(ms) ? { params: { [timeoutParam]: ms } } : {}
      await concord.start(
        { text: `call ${agent.name}`, ...params },
        {
          id,
          readable: [],
          unattended: true,
          labels,
          ...(depth && { depth }),
          ...(principal && { principal }),
          ...(traceparent && { traceparent }),
        },
      )
      wanted.addEventListener('abort', cancel, { once: true })
      if (wanted.aborted) cancel()
      const run = await settle(concord, id, new AbortController().signal)
      if (run.status === 'succeeded') return run.output ?? null
      if (run.failure === undefined) cancel()
      throw errorOf(run.failure ?? waits(agent.name), agent.name)
    } finally {
      wanted.removeEventListener('abort', cancel)
      inputs.delete(id)
      memories.delete(id)
      if (--generation.active === 0 && generation !== current) await concord.close()
    }
  }

  return {
    card: current.card,
    logger: current.concord.logger,
    call(call) {
      const id = runId(call.key)
      let shared = underWay.get(id)
      if (shared === undefined) {
        shared = share((wanted) => execute(id, call, wanted).finally(() => underWay.delete(id)))
        underWay.set(id, shared)
      }
      return shared.join(call.client)
    },
    close: () => current.concord.close(),
  }
}

type Shared = { join(client: AbortSignal): Promise<Json> }

/** Work that is no longer wanted when all who wait for it have gone. */
const share = (work: (wanted: AbortSignal) => Promise<Json>): Shared => {
  const unwanted = new AbortController()
  let waiting = 0
  const result = work(unwanted.signal)
  return {
    async join(client) {
      const leave = () => {
        if (--waiting === 0) unwanted.abort()
      }
      waiting++
      client.addEventListener('abort', leave, { once: true })
      try {
        return await result
      } finally {
        client.removeEventListener('abort', leave)
      }
    },
  }
}

const errorOf = ({ code, message, details }: Failure, name: string): ConcordError =>
  new ConcordError(code, message.replaceAll(doorName, name), details === undefined ? {} : { details })

const waits = (name: string): Failure => ({
  code: 'agent.failed',
  message: `Cannot wait for a person as agent "${name}" serves one call at a time to a caller who waits; let the team's plan ask (requireApproval)`,
})

const newGeneration = async (agent: AnyAgent, { config = {}, ...rest }: Open): Promise<Generation> => {
  const inputs = new Map<string, Json>()
  const memories = new Map<string, CallersMemory>()
  // The input is handed over beside the plan: what a caller sends may look like a reference, and must arrive as it is.
  const door: AnyAgent = {
    name: doorName,
    run: (_input, context) => context.call(agent.name, inputs.get(context.runId) ?? null),
  }
  const plan = ({ params }: Goal): Step[] => [
    {
      id: 'call',
      agent: door.name,
      attemptsMax: 1,
      ...(typeof params?.[timeoutParam] === 'number' ? { timeoutMs: params[timeoutParam] } : {}),
    },
  ]
  const name = `$agent:${agent.name}`
  const concord = await openConcord({
    ...rest,
    memoryOf(run, part, guard) {
      return memories.get(run)?.(part, guard)
    },
    config: {
      ...config,
      stores: { kind: 'memory' },
      team: name,
      teams: { ...config.teams, [name]: { agents: [agent, door], plan } },
    },
  })
  concord.runner.adopt()
  const card = concord.team(name).services.cards.find((known) => known.name === agent.name)
  if (card === undefined) throw new ConcordError('internal', `agent "${agent.name}" is not in its own team`)
  return { concord, card, used: new Set(), active: 0, inputs, memories }
}
