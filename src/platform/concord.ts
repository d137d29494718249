import { createPerform } from '../agent/perform.ts'
import type { AgentServices, ChildRequest, ChildResult, RemoteCall } from '../agent/services.ts'
import { costOf } from '../domain/budget.ts'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { bothLabels } from '../domain/labels.ts'
import { childRun, globalNamespace, namespaceNamed, runStream } from '../domain/names.ts'
import type { Recalled } from '../domain/recall.ts'
import { isObject } from '../domain/reference.ts'
import { isFinal, openWaits, type Run } from '../domain/run.ts'
import { continued, traceOfRun } from '../domain/trace-context.ts'
import { scopedState } from '../memory/scoped-state.ts'
import type { State } from '../memory/state.ts'
import { subjectMemory } from '../memory/subject.ts'
import { recalledAtStart } from '../memory/thread.ts'
import { patientFetch } from '../models/patient-fetch.ts'
import type { Team } from '../orchestration/team.ts'
import { type BeforeStore, storeAsIs } from '../policy/before-store.ts'
import { accessTo, recalledIn, type SharedMemory } from '../policy/memory.ts'
import { type Clock, sleep } from '../ports/clock.ts'
import { type Logger, silentLogger } from '../ports/logger.ts'
import { unknownRun } from '../runtime/fold.ts'
import { forkOf } from '../runtime/fork.ts'
import { withKnownOutcomes } from '../runtime/known-outcome.ts'
import { createRunner, type Runner, type Start } from '../runtime/runner.ts'
import { turnsOf } from '../runtime/turns.ts'
import type { Wake } from '../runtime/watching.ts'
import type { Stores } from '../stores/stores.ts'
import { learnTeamName } from '../teams/learn.ts'
import { httpTransport } from '../transports/http.ts'
import { askedBy, checkTags } from './asked-by.ts'
import { checkGoalGiven, checkOptions } from './check-given.ts'
import { createCheckpoints } from './checkpoints.ts'
import type { Concord, GoalRequest, OpenOptions, StartOptions, TypedConcord } from './concord-types.ts'
import type { Teams } from './config.ts'
import { followRun } from './follow.ts'
import { knowledgeRoom } from './knowledge.ts'
import { abilitiesOf } from './lacks.ts'
import { memoryAccess } from './memory-access.ts'
import { memoryKey } from './memory-key.ts'
import { type Grant, memoryTokens } from './memory-token.ts'
import { embedderFinder, modelFinder } from './models.ts'
import { rememberFor, remembers } from './recall.ts'
import { startRetention } from './retention.ts'
import { Deltas } from './run/deltas.ts'
import { outputOf, runHandle, type Until } from './run/handle.ts'
import { eventsWithItems } from './run/items-events.ts'
import { keepRuns, processStops } from './run/keep.ts'
import { signalRun } from './run/signal.ts'
import { awaited, awaitedState } from './run/stay.ts'
import { runView } from './run/view.ts'
import { guardLogger, openStores } from './stores.ts'
import { startSweeper } from './sweeper.ts'
import { systemClock, systemIds, systemPlace, systemRandom } from './system.ts'
import { defaultTeam, teamNames, teamsOf } from './teams.ts'
import { toolFinder } from './tools.ts'
import { createWatchers, wakesOf } from './watchers.ts'

/** Opens the stores and wires everything: the one place that knows everybody. Throws `config.invalid` and the stores' errors. */
export const openConcord = async <
  const Named extends Teams = Teams,
  const DefaultTeam extends string = string,
>(
  options: OpenOptions<Named, DefaultTeam> = {},
): Promise<TypedConcord<Named, DefaultTeam>> => {
  const concord = await opened(options)
  // What the types say of answers, the teams' schemas and plans keep.
  return concord as TypedConcord<Named, DefaultTeam>
}

const opened = async (options: OpenOptions): Promise<Concord> => {
  checkOptions(options)
  const { config = {}, env = process.env, role = 'runner', clock = systemClock } = options
  const random = options.random ?? systemRandom()
  const beforeStore: BeforeStore = config.beforeStore ?? storeAsIs
  const logger: Logger = guardLogger(config.logger ?? silentLogger, beforeStore)
  // What is wrong with the config shows before anything is opened.
  const teams = teamsOf(config)
  const wakes = wakesOf(config)
  const raw = await openStores({
    config: config.stores ?? {},
    clock,
    random,
    role,
    limits: config.memory?.state,
    beforeStore,
    logger,
  })
  const ids = systemIds(clock, random)
  const stores = withKnownOutcomes(raw, { clock, logger }, ids.run)
  try {
    return await wired({
      ...options,
      config,
      env,
      role,
      clock,
      random,
      logger,
      beforeStore,
      teams,
      wakes,
      stores,
    })
  } catch (error) {
    await stores.close().catch(() => {})
    throw error
  }
}

type Opened = Omit<OpenOptions, 'config'> &
  Required<Pick<OpenOptions, 'config' | 'env' | 'role' | 'clock' | 'random'>> & {
    logger: Logger
    beforeStore: BeforeStore
    teams: (name: string) => Team
    wakes: Wake[]
    stores: Stores
  }

/** Joins the members and starts timers last: what fails before that leaves nothing but the stores to close. */
const wired = async (options: Opened): Promise<Concord> => {
  const { config, env, role, clock, random, logger, beforeStore, teams, wakes, stores } = options
  const { log, state, membership } = stores
  const deltas = new Deltas(role === 'server')
  const ids = systemIds(clock, random)

  const teamNamed = (name: string): Team => teams(name)
  /** What of the shared memory the agents of a goal's team may see. */
  const seesOf = ({ team }: Goal) => {
    const policy = teamNamed(team).services.policy?.memory
    return (shared: SharedMemory) => accessTo(policy, shared) !== 'none'
  }
  const seenBy = (goal: Goal, recalled: Recalled | undefined): { recalled?: Recalled } =>
    recalled === undefined ? {} : { recalled: recalledIn(recalled, seesOf(goal)) }
  const secret = env.CONCORD_MEMORY_KEY || config.server?.memoryKey
  const memory = memoryAccess({
    store: state,
    log,
    incarnation: stores.incarnation,
    tokens: memoryTokens(memoryKey({ stores: config.stores, secret }), clock, stores.incarnation),
    clock,
    url: options.url,
    team: (name) => teamNamed(name).services,
  })
  const lost = Promise.withResolvers<ConcordError>()
  void stores.lost?.then(lost.resolve)
  const knowledge = knowledgeRoom({
    config,
    clock,
    logger,
    beforeStore,
    embedder: embedderFinder(config, env),
    lost: (error) => lost.resolve(error),
  })
  const abilities = abilitiesOf(config, teams)
  const services: AgentServices = {
    clock,
    random,
    place: systemPlace(),
    logger,
    state,
    transport: options.transport ?? config.transport ?? httpTransport({ clock, fetch: patientFetch }),
    log,
    memoryOf: options.memoryOf,
    team: (name) => teamNamed(name).services,
    isForeign: abilities.isForeign,
    tool: toolFinder(config, { clock, logger }),
    knowledge: knowledge.in,
    model: modelFinder(config, env),
    turns: turnsOf(clock, config.providers),
    hasModel: config.model !== undefined,
    items: {
      begin: (...given) => runner.items.begin(...given),
      ended: (...given) => runner.items.ended(...given),
      away: (id) => runner.items.away(id),
      parent: (...given) => runner.items.parent(...given),
    },
    child: (request) => runChild(runner, { ...request, ...seenBy(request.goal, request.recalled) }),
    headers: (call) => memory.headers(grantOf(call)),
    // A getter: models of a process that is asked for one result stream only while somebody listens. A policy cannot judge
    // text in pieces, in which half of what it would redact may be gone already: then nothing is told before the whole
    // answer is recorded.
    get deltas() {
      return deltas.wanted && beforeStore === storeAsIs ? deltas : undefined
    },
  }
  const runner = createRunner(
    { log, state, membership, clock, ids, logger },
    {
      strategyFor: (goal) => teamNamed(goal.team).strategy,
      itemStrategyFor: (goal) => teamNamed(goal.team).itemStrategy,
      perform: createPerform(services),
      lacks: abilities.lacks,
      digestOf: abilities.digestOf,
      limits: config.budget,
      admission: config.admission,
    },
  )

  const completed = (request: GoalRequest): Goal => {
    const given = typeof request === 'string' ? { text: request } : request
    checkGoalGiven(given)
    checkTags(given)
    return { ...given, team: given.team ?? defaultTeam(config) }
  }
  const request = (goal: GoalRequest, options: StartOptions = {}): Start => {
    const { id, readable, labels, unattended, requested, depth } = options
    if (id !== undefined && !idPattern.test(id))
      throw new ConcordError(
        'input.invalid',
        `Cannot start run ${JSON.stringify(id.slice(0, 100))} as an id has 1 to ${idCharsMax} letters, digits and _ . : @ -; give such a name`,
      )
    const complete = completed(goal)
    teamNamed(complete.team).checkGoal(complete)
    return {
      goal: complete,
      ...(id === undefined ? {} : { id }),
      ...(readable === undefined ? {} : { readable }),
      ...(labels === undefined ? {} : { labels }),
      ...(unattended === undefined ? {} : { unattended }),
      ...(requested === undefined ? {} : { requested }),
      ...(depth === undefined ? {} : { depth }),
      ...askedBy(options),
    }
  }
  /** With what is remembered of the goal's thread and subject. An id that is asked for again has begun with what was remembered then. */
  const recalling = async (goal: GoalRequest, options?: StartOptions): Promise<Start> => {
    const given = request(goal, options)
    if (!remembers(given.goal)) return given
    const id = given.id ?? ids.run()
    const ports = { log, state, clock }
    const sees = seesOf(given.goal)
    return { ...given, id, ...(await rememberFor(ports, given.goal, id, config.memory, sees)) }
  }
  const learning = new Set<Promise<unknown>>()
  /** Starts reading what a goal says of its subject, where a model is named for it: a run of its own. */
  const learn = ({ id, goal, principal, trace }: Start): void => {
    const { learn: wanted = true, learnWith } = config.memory ?? {}
    if (id === undefined || goal.subject === undefined || !wanted || learnWith === undefined) return
    const { text, subject, budget } = goal
    const learned = runner
      .run({
        id: childRun(id, 'learn'),
        goal: { text, team: learnTeamName, subject, ...(budget === undefined ? {} : { budget }) },
        accepted: true,
        ...(principal === undefined ? {} : { principal }),
        trace: continued({ id, trace: traceOfRun(id, trace) }, traceOfRun(id).spanId),
      })
      .catch((error) => logger.warn({ error, run: id }, 'what a goal says of its subject could not be read'))
      .finally(() => learning.delete(learned))
    learning.add(learned)
  }
  const ports = { log, runner, clock }
  const signal: Concord['signal'] = (id, given, options) =>
    signalRun({ ...ports, logger }, id, given, options)
  const fork: Concord['fork'] = async (id, options = {}) => {
    const origin = await forkOf(log, id, ids.run(), { ...options, now: clock.now() })
    const request = { ...origin, ...askedBy(options) }
    teamNamed(request.goal.team)
    return handleOn(await runner.start({ ...request, ...seenBy(request.goal, request.recalled) }))
  }
  const blocked: Concord['blocked'] = async (run) => {
    if (isFinal(run) || (run.owner !== undefined && (await membership.isAlive(run.owner)))) return undefined
    return run.blocked ?? runner.lacks(run)
  }
  const handleOn = (id: string) => runHandle(id, { ...ports, deltas, signal, fork, blocked })
  const begin = async (
    goal: GoalRequest,
    options?: StartOptions,
    more: Pick<Start, 'accepted'> = {},
  ): Promise<string> => {
    const given = await recalling(goal, options)
    const id = await runner.start({ ...given, ...more })
    learn(given)
    return id
  }
  /** The run when it first rests; most are over by then, and nothing need be read. */
  const ended = async (goal: GoalRequest, options: StartOptions & Until = {}): Promise<Run> => {
    const given = await recalling(goal, options)
    learn(given)
    const run = await runner.run(given, options.signal)
    return isFinal(run) ? run : handleOn(run.id).settledRun(options)
  }

  const watchers = createWatchers(wakes, {
    log,
    state,
    clock,
    logger,
    // A wake is never lost: it waits in the line, however long that is.
    start: (id, goal) => begin(goal, { id, ...woken(goal) }, { accepted: true }),
    settled: (id, signal) => runner.settled(id, signal),
  })
  const checkpoints = createCheckpoints({ stores, clock, logger, config, env })
  const watchable = awaitedState(state)
  const userState = (namespace: string): State =>
    scopedState({
      store: watchable,
      namespace,
      provenance: { agent: 'user' },
      operationPrefix: `user/${ids.run()}`,
      clock,
    })
  await membership.join(role, options.url)
  const stopSweeping = startSweeper(stores, { clock, logger })
  let stopRetaining = async (): Promise<void> => {}
  let keeping: Promise<void> | undefined
  let closing = false
  const keep = (): Promise<void> => {
    if (keeping === undefined) {
      stopRetaining = startRetention({ config, env, stores, clock, logger })
      keeping = keepRuns({ ...ports, watchers, checkpoints, logger, closing: () => closing })
    }
    return keeping
  }

  let cancelKeeping = () => {}
  const close = async (reason = processStops): Promise<void> => {
    cancelKeeping()
    closing = true
    memory.reachableAt(undefined)
    await watchers.stop()
    await checkpoints.stop()
    // A run that is suspended now would have to be resumed by somebody: learning takes seconds.
    await untilLearned(learning, clock)
    stopSweeping()
    await stopRetaining()
    await runner.close(reason)
    await knowledge.close()
    await membership.leave()
    await stores.close()
  }

  if (options.keep ?? role === 'server')
    await keep().catch(async (error) => {
      await close().catch(() => {})
      throw error
    })
  else if (options.keep === undefined) {
    const keepNow = () =>
      keep().catch((error) => {
        if (!closing) logger.error({ error }, 'the runs of the store cannot be kept')
      })
    cancelKeeping = clock.schedule(longLivedMs, () => void keepNow(), { unref: true })
  }
  return {
    config,
    log,
    runner,
    clock,
    logger,
    memory,
    keep,
    start: async (goal, options) => handleOn(await begin(goal, options)),
    async handle(id) {
      if ((await log.run(id)) === undefined) throw unknownRun(id)
      return handleOn(id)
    },
    run: async (goal, options) => runView(await ended(goal, options)),
    result: async (goal, until) => outputOf(await ended(goal, until)),
    events: (id) => log.read(runStream(id)),
    eventsWithItems: (id) => eventsWithItems(log, id),
    recalled: async (id) => (await recalledAtStart(log, id)) ?? Promise.reject(unknownRun(id)),
    follow: (id, follow) => awaited(followRun(log, id, follow)),
    onDelta: (listener) => deltas.listen(listener),
    runs: (query) => log.runs({ items: false, ...query }),
    signal,
    waits: async (id) => openWaits(await runner.load(id)),
    isAlive: (owner) => membership.isAlive(owner),
    blocked,
    fork,
    state: (namespace) => userState(namespaceNamed(namespace)),
    subject: (subject) =>
      subjectMemory({ subject, state: userState(''), source: { agent: 'user' }, now: () => clock.now() }),
    knowledge: (namespace = globalNamespace) => knowledge.in(namespaceNamed(namespace)),
    embedder: embedderFinder(config, env),
    teams: () =>
      teamNames(config).map((name) => ({
        name,
        description: teams(name).description,
        agents: teams(name).services.cards,
      })),
    team: teamNamed,
    watchers,
    checkpoints,
    lost: lost.promise,
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

const grantOf = ({ execution: { run, work, journal }, agent, key, deadline }: RemoteCall): Grant => ({
  run: run.id,
  step: work.id,
  agent,
  epoch: run.epoch,
  key,
  attempt: work.attempt,
  // An execution that is over already must not be taken for one under way.
  since: journal.current ? run.version : 0,
  ...(run.goal.subject === undefined ? {} : { subject: run.goal.subject }),
  expiresAt: deadline,
})

/** What wakes a run may be written by anybody, and nobody waits for it. */
const woken = ({ params }: Goal): StartOptions => {
  const wake = params?.wake
  const { name, source } = isObject(wake) ? wake : {}
  const byTime = String(source).startsWith('schedule ')
  const principal = { id: `${byTime ? 'schedule' : 'wake'}:${name}`.slice(0, 200) }
  return { readable: [], unattended: true, principal, ...(byTime ? {} : { labels: bothLabels }) }
}

/**
 * A process that has been open this long is not a script that asks for one result: it keeps runs.
 */
const longLivedMs = 5_000

const idCharsMax = 200
const idPattern = /^[\w.:@-]{1,200}$/

const runChild = async (runner: Runner, { signal, ...child }: ChildRequest): Promise<ChildResult> => {
  const { id } = child
  await runner.start(child)
  if (!runner.owns(id)) {
    const error = await runner.resume(id, 'parent').catch((reason: unknown) => reason)
    // Who has what it needs executes it; its end is told to the parent.
    if (isConcordError(error) && error.code === 'run.blocked') return { final: false }
  }
  const back = runner.items.away(child.parent.run)
  const run = await settledElsewhere(runner, id, signal).finally(back)
  if (!isFinal(run)) return { final: false }
  const cost = costOf(run.book)
  const read = run.labels
  if (run.status === 'succeeded') return { final: true, output: run.output ?? null, cost, labels: read }
  const { code, message } = run.failure ?? { code: 'agent.failed' as const, message: `it is ${run.status}` }
  return { final: true, failure: { code, message: `child run ${id}: ${message}` }, cost, labels: read }
}

/** A child that another process took over has not failed: it ends there. */
const settledElsewhere = async (runner: Runner, id: string, signal: AbortSignal): Promise<Run> => {
  for (;;) {
    try {
      return await runner.settled(id, signal)
    } catch (error) {
      if (!isConcordError(error) || error.code !== 'run.owned') throw error
    }
  }
}

/** How long closing waits for what is being learned. */
const learningMsMax = 15_000

const untilLearned = async (learning: ReadonlySet<Promise<unknown>>, clock: Clock): Promise<void> => {
  if (learning.size === 0) return
  const learned = new AbortController()
  await Promise.race([
    Promise.all(learning).finally(() => learned.abort()),
    sleep(clock, learningMsMax, learned.signal).catch(() => {}),
  ])
}
