import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { type Event, narrate, type Trace, type TraceNode, traceOf } from '../../../src/client.ts'
import { drawnMost, plansOf } from '../data/plan.ts'
import { nodesOf, questionsOf } from '../data/questions.ts'
import { runLink, setQuery, usePlace } from '../data/routes.ts'
import { followRun, type RunFeed } from '../data/run-feed.ts'
import { client } from '../data/server.ts'
import { canSpeak, speak } from '../data/speech.ts'
import { useLoaded, useNow, useTopic } from '../data/store.ts'
import type { RunView } from '../data/types.ts'
import { count, duration, instant, money, plain, plural, short } from '../data/words.ts'
import { Detail } from '../parts/detail.tsx'
import { Flame, type Measure } from '../parts/flame.tsx'
import { Empty, Loading, Problem } from '../parts/problem.tsx'
import { RunActions } from '../parts/run-actions.tsx'
import { Status } from '../parts/status.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { Tree } from '../parts/tree.tsx'
import { Output, readable } from '../parts/value.tsx'
import { WaitCard } from '../parts/waits.tsx'

/** The drawing of graphs is as large as the rest of the page: loaded when one is shown. */
const PlanGraph = lazy(async () => ({
  default: (await import('../parts/plan-graph.tsx')).PlanGraph,
}))

const isOver = (status: string) => ['succeeded', 'failed', 'cancelled'].includes(status)

export const Run = ({ id }: { id: string }) => {
  const version = useTopic(`run:${id}`)
  const loaded = useLoaded(`${id}|${version}`, () =>
    client.get<RunView>(`/runs/${encodeURIComponent(id)}`),
  )
  const [feed, setFeed] = useState<RunFeed>()
  useEffect(() => followRun(id, setFeed), [id])
  const view = loaded.value
  if (view === undefined)
    return loaded.error === undefined ? (
      <Loading what="the run" />
    ) : (
      <Empty title="This run cannot be shown">
        <p>{loaded.error.message}</p>
        <a href="#/">All goals</a>
      </Empty>
    )
  return (
    <article className="run">
      <Head view={view} trace={feed?.trace} />
      {view.waits
        .filter(({ for: kind }) => kind !== 'timer' && kind !== 'child')
        .map((wait) => (
          <WaitCard key={`${wait.step}-${wait.hash ?? wait.name}`} run={id} wait={wait} />
        ))}
      {view.blocked !== undefined && (
        <p className="notice">No process here can continue it: {view.blocked}</p>
      )}
      <AnswerCard view={view} writing={feed?.writing} />
      {feed?.error !== undefined && <Problem error={feed.error} />}
      {feed?.trace !== undefined && <Inside events={feed.events} whole={feed.trace} />}
    </article>
  )
}

const Head = ({ view, trace }: { view: RunView; trace: Trace | undefined }) => {
  const over = isOver(view.status)
  const now = useNow(!over)
  const { spent } = view
  return (
    <header className="run-head">
      <p className="crumbs">
        <a href="#/">Goals</a> / <span>{short(view.id, 40)}</span>
        {view.parent !== undefined && (
          <>
            {' '}
            · part of <a href={runLink(view.parent.run)}>{short(view.parent.run, 40)}</a>
          </>
        )}
        {view.forkedFrom !== undefined && (
          <>
            {' '}
            · forked from{' '}
            <a href={runLink(view.forkedFrom.run)}>
              {short(view.forkedFrom.run, 40)} at {view.forkedFrom.version}
            </a>
          </>
        )}
      </p>
      <h1>{short(view.goal, 400)}</h1>
      <p className="facts">
        <Status status={view.status} />
        <span>Team {view.team}</span>
        {view.principal !== undefined && <span>asked by {short(view.principal.id, 40)}</span>}
        {view.tags?.map((tag) => (
          <span key={tag}>#{short(tag, 40)}</span>
        ))}
        <span title={instant(view.createdAt)}>
          {over ? 'took' : 'for'} {duration((over ? view.updatedAt : now) - view.createdAt)}
        </span>
        {spent.tokens > 0 && (
          <span>
            {count(spent.tokens)} tokens
            {view.budget?.tokens !== undefined && ` of ${count(view.budget.tokens)}`}
          </span>
        )}
        {spent.money > 0 && (
          <span>
            cost {money(spent.money)}
            {view.budget?.money !== undefined && ` of ${money(view.budget.money)}`}
          </span>
        )}
        {trace !== undefined && <span>{plural(trace.events, 'event')}</span>}
      </p>
      <RunActions view={view} />
    </header>
  )
}

const AnswerCard = ({
  view,
  writing,
}: {
  view: RunView
  writing: ReadonlyMap<string, string> | undefined
}) => {
  const [stop, setStop] = useState<() => void>()
  const text = view.output === undefined ? undefined : readable(view.output)
  if (view.output !== undefined)
    return (
      <section className="card answer" aria-labelledby="answer">
        <div className="bar">
          <h2 id="answer">Answer</h2>
          {text !== undefined && (
            <button type="button" onClick={() => void navigator.clipboard?.writeText(text)}>
              Copy
            </button>
          )}
          {text !== undefined && canSpeak() && (
            <button
              type="button"
              aria-pressed={stop !== undefined}
              onClick={() => {
                if (stop !== undefined) stop()
                setStop(
                  stop === undefined ? () => speak(text, () => setStop(undefined)) : undefined,
                )
              }}
            >
              {stop === undefined ? 'Read aloud' : 'Stop reading'}
            </button>
          )}
        </div>
        <Output output={view.output} />
      </section>
    )
  if (view.failure !== undefined)
    return (
      <section className="card is-bad" aria-labelledby="answer">
        <h2 id="answer">It failed</h2>
        <p>{plain(view.failure.message)}</p>
        {view.reasons.length > 0 && (
          <ul>
            {view.reasons.map((reason) => (
              <li key={reason}>{plain(reason)}</li>
            ))}
          </ul>
        )}
      </section>
    )
  const written = [...(writing ?? [])].filter(([, text]) => text !== '')
  return (
    <section className="card" aria-labelledby="answer" aria-busy={!isOver(view.status)}>
      <h2 id="answer">
        {view.status === 'cancelled' ? 'Cancelled' : 'The answer is not there yet'}
      </h2>
      {written.length === 0 ? (
        <p className="quiet">What models write shows up here while they write it.</p>
      ) : (
        written.map(([step, text]) => (
          <div key={step} className="writing">
            <h3>{step}</h3>
            <p>{plain(text)}</p>
          </div>
        ))
      )}
    </section>
  )
}

const tabs = {
  plan: 'Plan',
  tree: 'Tree',
  time: 'Time line',
  flame: 'Flame',
  events: 'Events',
  story: 'Story',
}
type Tab = keyof typeof tabs

/** How it came to that: five questions, and below them everything that happened, up to any event. */
const Inside = ({ events, whole }: { events: readonly Event[]; whole: Trace }) => {
  const { query } = usePlace()
  const at = Number(query.get('at') ?? 0) || undefined
  const picked = Number(query.get('node') ?? 0) || undefined
  const tab = (query.get('tab') ?? 'plan') as Tab
  const shown = useMemo(
    () => (at === undefined ? events : events.filter(({ version }) => version <= at)),
    [events, at],
  )
  const trace = useMemo(() => (at === undefined ? whole : traceOf(shown)), [whole, shown, at])
  const running = at === undefined && !isOver(trace.status ?? '')
  const clock = useNow(running)
  const now = running ? clock : (shown.at(-1)?.at ?? clock)
  const plans = useMemo(() => plansOf(shown, trace), [shown, trace])
  const questions = useMemo(() => questionsOf(trace, plans, now), [trace, plans, now])
  const node =
    picked === undefined ? undefined : nodesOf(trace).find(({ first }) => first === picked)
  const pick = (chosen: TraceNode) => setQuery({ node: String(chosen.first) })
  return (
    <>
      <Questions questions={questions} onPick={pick} />
      <section className="inside" aria-label="What happened">
        <Player events={events} at={at} />
        <div className="tabs" role="tablist" aria-label="Ways to look at it">
          {Object.entries(tabs).map(([name, shownName]) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-controls="tab-panel"
              aria-selected={tab === name}
              tabIndex={tab === name ? 0 : -1}
              onClick={() => setQuery({ tab: name })}
              onKeyDown={(event) => {
                const names = Object.keys(tabs)
                const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
                if (step === undefined) return
                const next = names[(names.indexOf(name) + step + names.length) % names.length]
                setQuery({ tab: next })
                document.getElementById(`tab-${next}`)?.focus()
              }}
            >
              {shownName}
            </button>
          ))}
        </div>
        <div className="panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
          <Panel tab={tab} trace={trace} events={shown} now={now} picked={picked} onPick={pick} />
        </div>
      </section>
      {node !== undefined && (
        <Detail
          run={whole.name}
          node={node}
          events={shown}
          now={now}
          onClose={() => setQuery({ node: undefined })}
        />
      )}
    </>
  )
}

type PanelProps = {
  tab: Tab
  trace: Trace
  events: readonly Event[]
  now: number
  picked: number | undefined
  onPick: (node: TraceNode) => void
}

const Panel = ({ tab, ...props }: PanelProps) => {
  const { trace, now, onPick, events, picked } = props
  if (tab === 'plan') return <Plans {...props} />
  if (tab === 'time') return <Timeline trace={trace} now={now} onPick={onPick} />
  if (tab === 'flame') return <Flames trace={trace} now={now} onPick={onPick} />
  if (tab === 'events') return <Events events={events} />
  if (tab === 'story') return <Story events={events} />
  return (
    <ul className="tree">
      <Tree node={trace} now={now} picked={picked} onPick={onPick} />
    </ul>
  )
}

const Plans = ({ trace, events, now, picked, onPick }: Omit<PanelProps, 'tab'>) => {
  const plans = useMemo(() => plansOf(events, trace), [events, trace])
  const [chosen, setChosen] = useState<number>()
  const plan = plans.find(({ version }) => version === chosen) ?? plans.at(-1)
  if (plan === undefined)
    return (
      <ul className="tree">
        <Tree node={trace} now={now} picked={picked} onPick={onPick} />
      </ul>
    )
  return (
    <>
      {plans.length > 1 && (
        <fieldset className="chips" aria-label="Versions of the plan">
          {plans.map(({ version, status }) => (
            <button
              key={version}
              type="button"
              className="chip"
              aria-pressed={version === plan.version}
              onClick={() => setChosen(version)}
            >
              Plan {version}: {status}
            </button>
          ))}
        </fieldset>
      )}
      {plan.reasons.map((reason) => (
        <p key={reason} className="quiet">
          {plain(reason)}
        </p>
      ))}
      {plan.steps.length > drawnMost ? (
        <p className="notice">
          {plural(plan.steps.length, 'step')}: too many to draw. The tree has them all.
        </p>
      ) : (
        <Suspense fallback={<div className="graph" aria-busy="true" />}>
          <PlanGraph
            plan={plan}
            now={now}
            picked={picked}
            onPick={({ node }) => node !== undefined && onPick(node)}
          />
        </Suspense>
      )}
    </>
  )
}

const measures: { [name in Measure]: string } = {
  time: 'by time',
  tokens: 'by tokens',
  money: 'by cost',
}

const Flames = (props: { trace: Trace; now: number; onPick: (node: TraceNode) => void }) => {
  const [measure, setMeasure] = useState<Measure>('time')
  return (
    <>
      <fieldset className="chips" aria-label="How wide bars are">
        {Object.entries(measures).map(([name, shown]) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-pressed={measure === name}
            onClick={() => setMeasure(name as Measure)}
          >
            {shown}
          </button>
        ))}
      </fieldset>
      <Flame {...props} measure={measure} />
    </>
  )
}

const Questions = ({
  questions,
  onPick,
}: {
  questions: ReturnType<typeof questionsOf>
  onPick: (node: TraceNode) => void
}) => (
  <section className="questions" aria-label="Five questions">
    {questions.map(({ name, asked, lines, none }) => (
      <div key={name} className={`card question is-${name}`}>
        <h2>{asked}</h2>
        {lines.length === 0 ? (
          <p className="quiet">{none}</p>
        ) : (
          <ul>
            {lines.slice(0, 6).map(({ text, node, weight }, i) => (
              <li key={`${i}-${text}`}>
                {node === undefined ? (
                  plain(text)
                ) : (
                  <button type="button" className="link" onClick={() => onPick(node)}>
                    {short(text, 160)}
                  </button>
                )}
                {weight !== undefined && (
                  <meter min={0} max={1} value={weight} aria-label="Share of the time" />
                )}
              </li>
            ))}
            {lines.length > 6 && <li className="quiet">and {lines.length - 6} more</li>}
          </ul>
        )}
      </div>
    ))}
  </section>
)

const playMs = 80

/** Any past event can be opened and played from, in both directions. */
const Player = ({ events, at }: { events: readonly Event[]; at: number | undefined }) => {
  const [direction, setDirection] = useState(0)
  const last = events.at(-1)?.version ?? 0
  const current = at ?? last
  const place = useRef(current)
  place.current = current
  useEffect(() => {
    if (direction === 0) return
    const timer = setInterval(() => {
      const next = place.current + direction
      if (next < 1 || next > last) return setDirection(0)
      setQuery({ at: next === last ? undefined : String(next) })
    }, playMs)
    return () => clearInterval(timer)
  }, [direction, last])
  const event = events.find(({ version }) => version === current)
  const play = (way: number) => {
    if (way > 0 && current === last) setQuery({ at: '1' })
    setDirection(direction === way ? 0 : way)
  }
  return (
    <fieldset className="player" aria-label="Play what happened">
      <button type="button" aria-pressed={direction < 0} onClick={() => play(-1)}>
        ◂ Back
      </button>
      <input
        type="range"
        min={1}
        max={Math.max(1, last)}
        value={current}
        aria-label="Event"
        aria-valuetext={`Event ${current} of ${last}: ${event?.type ?? ''}`}
        onChange={(change) => {
          setDirection(0)
          const next = Number(change.target.value)
          setQuery({ at: next >= last ? undefined : String(next) })
        }}
      />
      <button type="button" aria-pressed={direction > 0} onClick={() => play(1)}>
        Play ▸
      </button>
      <span className="quiet">
        {current} of {count(last)} {event !== undefined && <code>{event.type}</code>}
      </span>
      {at !== undefined && (
        <button type="button" className="link" onClick={() => setQuery({ at: undefined })}>
          Now
        </button>
      )}
    </fieldset>
  )
}

const eventsShown = 200

const Events = ({ events }: { events: readonly Event[] }) => {
  const [most, setMost] = useState(eventsShown)
  const newest = events.slice(-most).reverse()
  return (
    <>
      <ol className="events" reversed>
        {newest.map((event) => (
          <li key={event.version} value={event.version}>
            <details>
              <summary>
                <code>{event.type}</code>{' '}
                {event.step !== undefined && <b>{short(event.step, 60)}</b>}{' '}
                {event.agent !== undefined && (
                  <span className="quiet">{short(event.agent, 40)}</span>
                )}
                <time className="quiet">{instant(event.at)}</time>
              </summary>
              <pre>{plain(JSON.stringify(event.data, null, 2)).slice(0, 20_000)}</pre>
              <button type="button" onClick={() => setQuery({ at: String(event.version) })}>
                Show the run as it was here
              </button>
            </details>
          </li>
        ))}
      </ol>
      {events.length > most && (
        <button type="button" onClick={() => setMost(most + 1_000)}>
          Show older events
        </button>
      )}
    </>
  )
}

const Story = ({ events }: { events: readonly Event[] }) => {
  const text = useMemo(() => narrate(events), [events])
  return (
    <div className="prose story">
      {text.split(/\n{2,}/).map((paragraph, i) => (
        <p key={`${i}-${paragraph.slice(0, 40)}`}>{plain(paragraph)}</p>
      ))}
    </div>
  )
}
