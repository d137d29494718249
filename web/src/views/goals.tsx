import { useState } from 'react'
import { runLink, setQuery, usePlace } from '../data/routes.ts'
import { client } from '../data/server.ts'
import { useLoaded, useNow, useTopic } from '../data/store.ts'
import type { Summary, Team } from '../data/types.ts'
import { ago, instant, short } from '../data/words.ts'
import { Composer } from '../parts/composer.tsx'
import { Empty, Loading, Problem } from '../parts/problem.tsx'
import { Status } from '../parts/status.tsx'

const pageSize = 50
const groups: { [name: string]: string } = {
  'under way': 'queued,running',
  waiting: 'waiting,suspended',
  done: 'succeeded',
  failed: 'failed,cancelled',
}

type Page = { runs: Summary[]; next?: string }

const pathOf = (group: string | undefined, text: string, before?: string): string => {
  const query = new URLSearchParams({ limit: String(pageSize) })
  const statuses = group === undefined ? undefined : groups[group]
  if (statuses !== undefined) query.set('status', statuses)
  if (text !== '') query.set('text', text)
  if (before !== undefined) query.set('before', String(before))
  return `/runs?${query}`
}

export const Goals = () => {
  const { query } = usePlace()
  const group = query.get('show') ?? undefined
  const text = query.get('text') ?? ''
  const version = useTopic('runs')
  const [older, setOlder] = useState<Page[]>([])
  const first = useLoaded(`${group}|${text}|${version}`, () =>
    client.get<Page>(pathOf(group, text)),
  )
  const teams = useLoaded('teams', () => client.get<{ teams: Team[] }>('/teams'))
  const now = useNow(true)
  const seen = new Set<string>()
  const runs = [first.value, ...older]
    .flatMap((page) => page?.runs ?? [])
    .filter(({ id, parent }) => parent === undefined && !seen.has(id) && seen.add(id))
  const next = (older.at(-1) ?? first.value)?.next
  return (
    <>
      <Composer teams={teams.value?.teams ?? []} />
      <section aria-labelledby="history">
        <div className="bar">
          <h2 id="history">Goals</h2>
          <fieldset className="chips" aria-label="Which goals are shown">
            {[undefined, ...Object.keys(groups)].map((name) => (
              <button
                key={name ?? 'all'}
                type="button"
                className="chip"
                aria-pressed={group === name}
                onClick={() => {
                  setOlder([])
                  setQuery({ show: name })
                }}
              >
                {name ?? 'all'}
              </button>
            ))}
          </fieldset>
          <input
            type="search"
            aria-label="Find goals by their text"
            placeholder="Find a goal"
            defaultValue={text}
            onChange={(event) => {
              setOlder([])
              setQuery({ text: event.target.value || undefined })
            }}
          />
        </div>
        {first.error !== undefined && <Problem error={first.error} />}
        {first.value === undefined && first.loading && <Loading what="goals" />}
        {first.value !== undefined && runs.length === 0 && (
          <Empty title={text === '' && group === undefined ? 'No goal yet' : 'None like that'}>
            <p>
              {text === '' && group === undefined
                ? 'Write one above: agents make a plan, work on it together and check the answer.'
                : 'Try other words, or show all.'}
            </p>
          </Empty>
        )}
        <ul className="runs">
          {runs.map(({ id, goal, status, team, tags, createdAt, failure }) => (
            <li key={id}>
              <a href={runLink(id)} className="run-row">
                <Status status={status} />
                <span className="goal">{short(goal, 200)}</span>
                <span className="quiet">
                  {(tags ?? []).map((tag) => `${short(tag, 24)} · `)}
                  {short(team, 30)} · <time title={instant(createdAt)}>{ago(createdAt, now)}</time>
                </span>
                {failure !== undefined && (
                  <span className="why">{short(failure.message, 160)}</span>
                )}
              </a>
            </li>
          ))}
        </ul>
        {next !== undefined && (
          <button
            type="button"
            onClick={async () =>
              setOlder([...older, await client.get<Page>(pathOf(group, text, next))])
            }
          >
            Show older goals
          </button>
        )}
      </section>
    </>
  )
}
