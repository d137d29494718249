import { useState } from 'react'
import { runLink } from '../data/routes.ts'
import { client, mayChange } from '../data/server.ts'
import { notify, useTopic } from '../data/store.ts'
import type { RunView } from '../data/types.ts'
import { Problem } from './problem.tsx'

type Kind = 'pause' | 'resume' | 'cancel' | 'message'

const offered: { [status: string]: Kind[] } = {
  queued: ['cancel'],
  running: ['pause', 'message', 'cancel'],
  waiting: ['pause', 'message', 'cancel'],
  suspended: ['resume', 'message', 'cancel'],
}
const names: { [kind in Kind]: string } = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  message: 'Send a message',
}

/** What a person may do to a run. */
export const RunActions = ({ view }: { view: RunView }) => {
  const [error, setError] = useState<Error>()
  const [asking, setAsking] = useState<'cancel' | 'message'>()
  const [text, setText] = useState('')
  useTopic('session')
  const kinds = offered[view.status] ?? []
  if (kinds.length === 0) return null
  const send = async (kind: Kind, body = {}) => {
    setError(undefined)
    try {
      await client.signal(view.id, kind, body)
      setAsking(undefined)
      setText('')
      notify(`run:${view.id}`)
    } catch (reason) {
      setError(reason as Error)
    }
  }
  return (
    <div className="actions">
      <div className="row">
        {kinds.map((kind) => (
          <button
            key={kind}
            type="button"
            className={kind === 'cancel' ? 'danger' : undefined}
            disabled={!mayChange()}
            onClick={() =>
              kind === 'cancel' || kind === 'message' ? setAsking(kind) : void send(kind)
            }
          >
            {names[kind]}
          </button>
        ))}
      </div>
      {asking !== undefined && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            const body =
              asking === 'message' ? { value: text } : text === '' ? {} : { reason: text }
            void send(asking, body)
          }}
        >
          <label className="inline grow">
            {asking === 'cancel' ? 'Why is it cancelled?' : 'What should its agents know?'}{' '}
            {/* biome-ignore lint/a11y/noAutofocus: the person has just asked for this field. */}
            <input autoFocus value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <button type="submit" className={asking === 'cancel' ? 'danger' : 'primary'}>
            {asking === 'cancel' ? 'Cancel the run' : 'Send'}
          </button>
          <button type="button" onClick={() => setAsking(undefined)}>
            Leave it
          </button>
        </form>
      )}
      {error !== undefined && <Problem error={error} />}
    </div>
  )
}

/** A new run that continues from an event of this one, with the same or other params. */
export const Fork = ({ run, at }: { run: string; at: number }) => {
  const [open, setOpen] = useState(false)
  const [params, setParams] = useState('')
  const [error, setError] = useState<Error>()
  if (!mayChange()) return null
  const fork = async () => {
    setError(undefined)
    try {
      const given = params.trim() === '' ? {} : { params: JSON.parse(params) }
      location.hash = runLink(await client.fork(run, { at, ...given }))
    } catch (reason) {
      setError(reason as Error)
    }
  }
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        Fork from event {at} …
      </button>
    )
  return (
    <form
      className="fork"
      onSubmit={(event) => {
        event.preventDefault()
        void fork()
      }}
    >
      <label>
        Other params, as JSON (empty: the same)
        <textarea
          className="code"
          rows={2}
          value={params}
          spellCheck={false}
          onChange={(event) => setParams(event.target.value)}
        />
      </label>
      <button type="submit" className="primary">
        Start the fork
      </button>
      {error !== undefined && <Problem error={error} />}
    </form>
  )
}
