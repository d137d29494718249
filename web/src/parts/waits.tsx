import { useState } from 'react'
import { client, mayChange } from '../data/server.ts'
import { notify, useTopic } from '../data/store.ts'
import type { Wait } from '../data/types.ts'
import { Problem } from './problem.tsx'
import { Value } from './value.tsx'

/** What waits for a person: everything that will happen, bound to its hash, and what can be said to it. */
export const WaitCard = ({ run, wait }: { run: string; wait: Wait }) => {
  const [text, setText] = useState('')
  const [error, setError] = useState<Error>()
  const [busy, setBusy] = useState(false)
  useTopic('session')
  const say = async (
    kind: 'approve' | 'reject' | 'answer' | 'signal',
    body: { [name: string]: string },
  ) => {
    setBusy(true)
    setError(undefined)
    try {
      const which = kind === 'signal' ? { name: wait.name } : { hash: wait.hash ?? '' }
      await client.signal(run, kind, { ...which, ...body })
      notify(`run:${run}`)
    } catch (reason) {
      setError(reason as Error)
    } finally {
      setBusy(false)
    }
  }
  const {
    for: kind,
    prompt,
    step,
    agent,
    name,
    hash,
    call: _,
    ...rest
  } = wait as Wait & {
    [more: string]: unknown
  }
  const isApproval = kind === 'approval'
  const field = `wait-${step}-${hash ?? name}`
  return (
    <section className="card is-wait" aria-label={`Step ${step} of run ${run} waits`}>
      <h2>
        {isApproval ? 'Approve this?' : kind === 'answer' ? 'A question' : `Waits for “${name}”`}
      </h2>
      {prompt !== undefined && <p className="prompt">{String(prompt)}</p>}
      <p className="quiet">
        Step {step}
        {agent !== undefined && `, agent ${String(agent)}`}
      </p>
      {Object.keys(rest).length > 0 && (
        <div className="will">
          <h3>What will happen</h3>
          <Value value={rest} />
        </div>
      )}
      {hash !== undefined && (
        <p className="quiet">
          Decided is this and nothing else: <code>{String(hash).slice(0, 12)}</code>
        </p>
      )}
      {kind === 'timer' || kind === 'child' ? null : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void say(
              isApproval ? 'approve' : kind === 'answer' ? 'answer' : 'signal',
              text === '' ? {} : { value: text },
            )
          }}
        >
          <label htmlFor={field}>{isApproval ? 'Why (for a rejection)' : 'Your answer'}</label>
          <textarea
            id={field}
            value={text}
            rows={2}
            onChange={(event) => setText(event.target.value)}
          />
          <div className="row">
            <button type="submit" className="primary" disabled={busy || !mayChange()}>
              {isApproval ? 'Approve' : 'Send'}
            </button>
            {isApproval && (
              <button
                type="button"
                className="danger"
                disabled={busy || !mayChange()}
                onClick={() => void say('reject', text === '' ? {} : { reason: text })}
              >
                Reject
              </button>
            )}
            {!mayChange() && <span className="quiet">This page only reads: see the top.</span>}
          </div>
        </form>
      )}
      {error !== undefined && <Problem error={error} />}
    </section>
  )
}
