import { useEffect, useId, useRef, useState } from 'react'
import { goalsWrittenIn } from '../data/new-goal.ts'
import { runLink } from '../data/routes.ts'
import { client, mayChange } from '../data/server.ts'
import { canHear, hear } from '../data/speech.ts'
import { useTopic } from '../data/store.ts'
import type { Team } from '../data/types.ts'
import { Problem } from './problem.tsx'

const limitNames = { timeMs: 'Seconds', tokens: 'Tokens', money: 'Money' } as const
type Limits = { [name in keyof typeof limitNames]?: string }

const budgetOf = (limits: Limits): { [name: string]: number } | undefined => {
  const given = Object.entries(limits).filter(([, text]) => text !== '' && text !== undefined)
  if (given.length === 0) return undefined
  return Object.fromEntries(
    given.map(([name, text]) => [name, Number(text) * (name === 'timeMs' ? 1000 : 1)]),
  )
}

/** Where a goal is written, or spoken, and handed in. */
export const Composer = ({ teams }: { teams: Team[] }) => {
  const [text, setText] = useState('')
  const [team, setTeam] = useState('')
  const [params, setParams] = useState('')
  const [limits, setLimits] = useState<Limits>({})
  const [error, setError] = useState<Error>()
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const id = useId()
  useTopic('session')
  const reads = !mayChange()

  useEffect(() => goalsWrittenIn(() => field.current), [])

  const submit = async () => {
    if (text.trim() === '' || busy || reads) return
    setBusy(true)
    setError(undefined)
    try {
      const given = params.trim() === '' ? {} : { params: JSON.parse(params) }
      const budget = budgetOf(limits)
      const run = await client.start({
        goal: text.trim(),
        ...(team === '' ? {} : { team }),
        ...given,
        ...(budget === undefined ? {} : { budget }),
      })
      location.hash = runLink(run)
    } catch (reason) {
      setError(
        reason instanceof SyntaxError
          ? new Error(`The params must be JSON, such as {"papers": 20}: ${reason.message}`)
          : (reason as Error),
      )
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      className="composer"
      aria-label="A new goal"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <h1>
        <label htmlFor={`${id}-goal`}>What do you want to know, or to have done?</label>
      </h1>
      <textarea
        id={`${id}-goal`}
        ref={field}
        value={text}
        rows={3}
        placeholder="Summarize the latest advances in multimodal LLMs and suggest three open research problems"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void submit()
        }}
      />
      <div className="row">
        <label className="inline">
          Team{' '}
          <select value={team} onChange={(event) => setTeam(event.target.value)}>
            <option value="">the default</option>
            {teams.map(({ name, description }) => (
              <option key={name} value={name} title={description}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Microphone
          onText={(heard) => setText((before) => (before === '' ? heard : `${before} ${heard}`))}
        />
        <span className="grow" />
        <button type="submit" className="primary" disabled={busy || reads || text.trim() === ''}>
          {busy ? 'Handing it in …' : 'Start'}
        </button>
      </div>
      <details className="more">
        <summary>Params and limits</summary>
        <label htmlFor={`${id}-params`}>Params, as JSON</label>
        <textarea
          id={`${id}-params`}
          className="code"
          rows={2}
          value={params}
          placeholder='{"papers": 20}'
          spellCheck={false}
          onChange={(event) => setParams(event.target.value)}
        />
        <div className="row">
          {Object.entries(limitNames).map(([name, shown]) => (
            <label key={name} className="inline">
              {shown} at most{' '}
              <input
                type="number"
                min={0}
                step="any"
                value={limits[name as keyof Limits] ?? ''}
                onChange={(event) => setLimits({ ...limits, [name]: event.target.value })}
              />
            </label>
          ))}
        </div>
      </details>
      {error !== undefined && <Problem error={error} />}
    </form>
  )
}

/** Off until it is pressed. What is heard is added to the goal, and nothing is sent before Start. */
const Microphone = ({ onText }: { onText: (text: string) => void }) => {
  const [stop, setStop] = useState<() => void>()
  const [note, setNote] = useState<string>()
  if (!canHear())
    return <span className="quiet">This browser cannot turn speech into text: type the goal.</span>
  const press = () => {
    if (stop !== undefined) {
      stop()
      return setStop(undefined)
    }
    setNote('Listening. Your browser may send what it hears to its vendor.')
    const end = hear({
      onText,
      onEnd: (problem) => {
        setStop(undefined)
        setNote(problem)
      },
    })
    setStop(() => end)
  }
  return (
    <>
      <button type="button" aria-pressed={stop !== undefined} onClick={press}>
        {stop === undefined ? 'Speak' : 'Stop listening'}
      </button>
      {note !== undefined && (
        <span className="quiet" role="status">
          {note}
        </span>
      )}
    </>
  )
}
