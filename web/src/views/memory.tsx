import { useEffect, useState } from 'react'
import { setQuery, usePlace } from '../data/routes.ts'
import { client, mayChange, post, stateOf } from '../data/server.ts'
import { useLoaded, useNow, useTopic } from '../data/store.ts'
import type { Summary } from '../data/types.ts'
import { ago, instant, plain, short } from '../data/words.ts'
import { Empty, Loading, Problem } from '../parts/problem.tsx'
import { Value } from '../parts/value.tsx'

type Entry = {
  key: string
  value: unknown
  version: number
  at: number
  expiresAt?: number
  provenance: { run?: string; step?: string; agent?: string }
}

const rowsMost = 500

export const Memory = () => {
  const { query } = usePlace()
  const namespace = query.get('in') ?? 'global'
  const runs = useLoaded('recent', () => client.get<{ runs: Summary[] }>('/runs?limit=20'))
  const known = ['global', ...(runs.value?.runs ?? []).map(({ id }) => `run/${id}`)]
  return (
    <>
      <div className="bar">
        <h1>Memory</h1>
        <label className="inline grow">
          Namespace{' '}
          <input
            list="namespaces"
            defaultValue={namespace}
            key={namespace}
            onKeyDown={(event) => {
              if (event.key === 'Enter') setQuery({ in: event.currentTarget.value || undefined })
            }}
            onBlur={(event) => setQuery({ in: event.currentTarget.value || undefined })}
          />
        </label>
        <datalist id="namespaces">
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <SharedState key={namespace} namespace={namespace} />
      <Knowledge namespace={namespace} />
    </>
  )
}

/** A namespace as it changes. What has just changed is marked. */
const SharedState = ({ namespace }: { namespace: string }) => {
  const [entries, setEntries] = useState<Map<string, Entry & { fresh?: boolean }>>()
  const [error, setError] = useState<Error>()
  const [open, setOpen] = useState<string>()
  const now = useNow(true)

  useEffect(() => {
    const gone = new AbortController()
    const state = stateOf(namespace)
    const follow = async () => {
      const watch = state.watch('*', { signal: gone.signal })
      await watch.opened
      const list = (await state.list({ limit: rowsMost })) as Entry[]
      if (gone.signal.aborted) return
      setEntries(new Map(list.map((entry) => [entry.key, entry])))
      for await (const news of watch) {
        if (news.kind === 'resync') {
          setEntries(new Map(news.entries.map((entry) => [entry.key, entry as Entry])))
          continue
        }
        setEntries((before) => {
          const after = new Map(before)
          if (news.ended !== undefined) after.delete(news.key)
          else after.set(news.key, { ...(news as unknown as Entry), fresh: true })
          return after
        })
      }
    }
    follow().catch((reason: Error) => !gone.signal.aborted && setError(reason))
    return () => gone.abort()
  }, [namespace])

  return (
    <section aria-labelledby="state">
      <h2 id="state">Shared state</h2>
      {error !== undefined && <Problem error={error} />}
      {entries === undefined && error === undefined && <Loading what="the namespace" />}
      {entries?.size === 0 && (
        <Empty title="Nothing is stored here">
          <p>What agents of “{plain(namespace)}” write shows up while they write it.</p>
        </Empty>
      )}
      {entries !== undefined && entries.size > 0 && (
        <div className="wide">
          <table>
            <thead>
              <tr>
                <th>Key</th>
                <th>Value</th>
                <th>Version</th>
                <th>Changed</th>
                <th>By</th>
              </tr>
            </thead>
            <tbody>
              {[...entries.values()]
                .sort((a, b) => (a.key < b.key ? -1 : 1))
                .map(({ key, value, version, at, expiresAt, provenance, fresh }) => (
                  <tr key={`${key}@${version}`} className={fresh ? 'fresh' : undefined}>
                    <th scope="row">
                      <button type="button" className="link" onClick={() => setOpen(key)}>
                        {short(key, 60)}
                      </button>
                    </th>
                    <td>
                      <code>{short(JSON.stringify(value) ?? '', 120)}</code>
                    </td>
                    <td>{version}</td>
                    <td>
                      <time title={instant(at)}>{ago(at, now)}</time>
                      {expiresAt !== undefined && (
                        <span className="quiet"> until {instant(expiresAt)}</span>
                      )}
                    </td>
                    <td>{short(provenance.agent ?? '', 30)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
      {open !== undefined && (
        <Key namespace={namespace} name={open} onClose={() => setOpen(undefined)} />
      )}
    </section>
  )
}

type Change = {
  version: number
  at: number
  value?: unknown
  ended?: string
  provenance: { run?: string; step?: string; agent?: string; cause?: string }
}

/** A key's past, and a way to change it that overwrites nobody. */
const Key = ({
  namespace,
  name,
  onClose,
}: {
  namespace: string
  name: string
  onClose: () => void
}) => {
  const [round, setRound] = useState(0)
  const [text, setText] = useState<string>()
  const [error, setError] = useState<Error>()
  useTopic('session')
  const history = useLoaded(
    `${namespace}|${name}|${round}`,
    async () => (await stateOf(namespace).history(name, { limit: 50 })) as Change[],
  )
  const latest = history.value?.[0]
  const save = async () => {
    setError(undefined)
    try {
      const value = JSON.parse(text ?? '')
      const written = await stateOf(namespace).compareAndSet(name, latest?.version ?? 0, value)
      if (!written.ok)
        throw new Error(
          `It was changed meanwhile, to version ${written.version}: look at it again and decide what to write.`,
        )
      setText(undefined)
    } catch (reason) {
      setError(reason as Error)
    }
    setRound(round + 1)
  }
  return (
    <aside
      className="detail"
      aria-label={`Key ${name}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <div className="bar">
        <h2>{plain(name)}</h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      {history.error !== undefined && <Problem error={history.error} />}
      {latest !== undefined && text === undefined && (
        <>
          <Value value={latest.value} />
          <button
            type="button"
            disabled={!mayChange()}
            onClick={() => setText(JSON.stringify(latest.value, null, 2))}
          >
            Change it …
          </button>
        </>
      )}
      {text !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void save()
          }}
        >
          <label>
            The new value, as JSON; only if the key is still at version {latest?.version ?? 0}
            <textarea
              className="code"
              rows={8}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          <button type="submit" className="primary">
            Write it
          </button>
          <button type="button" onClick={() => setText(undefined)}>
            Leave it
          </button>
        </form>
      )}
      {error !== undefined && <Problem error={error} />}
      <h3>Its past</h3>
      <ol className="past">
        {(history.value ?? []).map(({ version, at, value, ended, provenance }, i) => (
          <li key={`${version}-${i}`}>
            <b>{version}</b> <time className="quiet">{instant(at)}</time>{' '}
            {plain(provenance.agent ?? '')}
            {provenance.step !== undefined && (
              <span className="quiet"> in {plain(provenance.step)}</span>
            )}
            <div>{ended === undefined ? <Value value={value} depth={2} /> : <em>{ended}</em>}</div>
          </li>
        ))}
      </ol>
    </aside>
  )
}

type Hit = {
  document: { id: string; title?: string; source?: string; metadata: { [name: string]: unknown } }
  text: string
  score: number
  scores?: { [name: string]: number }
}

const Knowledge = ({ namespace }: { namespace: string }) => {
  const [asked, setAsked] = useState('')
  const found = useLoaded(`${namespace}|${asked}`, async () =>
    asked === ''
      ? { hits: [] as Hit[] }
      : post<{ hits: Hit[] }>(
          `/memory/knowledge/search?namespace=${encodeURIComponent(namespace)}`,
          {
            question: asked,
            limit: 10,
          },
        ),
  )
  const most = Math.max(...(found.value?.hits ?? []).map(({ score }) => score), 1e-9)
  return (
    <section aria-labelledby="knowledge">
      <h2 id="knowledge">Knowledge</h2>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(String(new FormData(event.currentTarget).get('question') ?? '').trim())
        }}
      >
        <input
          name="question"
          type="search"
          className="grow"
          aria-label="Search what is known"
          placeholder="Search what is known: by words and by meaning"
        />
        <button type="submit">Search</button>
      </form>
      {found.error !== undefined && <Problem error={found.error} />}
      {asked !== '' && found.loading && <Loading what="what is known" />}
      {asked !== '' && !found.loading && found.value?.hits.length === 0 && (
        <Empty title="Nothing like that is known here" />
      )}
      <ol className="hits">
        {found.value?.hits.map(({ document, text, score, scores }, i) => (
          <li key={`${document.id}-${i}`} className="card">
            <h3>{plain(document.title ?? document.id)}</h3>
            <p>{short(text, 600)}</p>
            <p className="quiet">
              <meter min={0} max={most} value={score} aria-label="How well it fits" />{' '}
              {score.toPrecision(3)}
              {scores !== undefined &&
                Object.entries(scores).map(
                  ([name, part]) => ` · ${name} ${Number(part).toPrecision(3)}`,
                )}
              {document.source !== undefined && ` · ${plain(document.source)}`}
            </p>
          </li>
        ))}
      </ol>
    </section>
  )
}
