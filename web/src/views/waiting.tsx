import { runLink } from '../data/routes.ts'
import { client } from '../data/server.ts'
import { useLoaded, useTopic } from '../data/store.ts'
import type { RunView, Summary } from '../data/types.ts'
import { short } from '../data/words.ts'
import { Empty, Loading, Problem } from '../parts/problem.tsx'
import { WaitCard } from '../parts/waits.tsx'

const readMost = 50

/** All that waits for a person, of all runs, oldest first. */
export const Waiting = () => {
  const version = useTopic('runs')
  const loaded = useLoaded(`waiting|${version}`, async () => {
    const { runs } = await client.get<{ runs: Summary[] }>(`/runs?status=waiting&limit=${readMost}`)
    return Promise.all(runs.map(({ id }) => client.get<RunView>(`/runs/${encodeURIComponent(id)}`)))
  })
  if (loaded.error !== undefined) return <Problem error={loaded.error} />
  if (loaded.value === undefined) return <Loading what="what waits" />
  const asked = loaded.value
    .map((run) => ({
      run,
      waits: run.waits.filter(({ for: kind }) => kind === 'approval' || kind === 'answer'),
    }))
    .filter(({ waits }) => waits.length > 0)
    .reverse()
  return (
    <>
      <h1>Waiting for you</h1>
      {asked.length === 0 && (
        <Empty title="Nothing waits for you">
          <p>Steps that need an approval or an answer show up here.</p>
        </Empty>
      )}
      {asked.map(({ run, waits }) => (
        <section key={run.id}>
          <h2>
            <a href={runLink(run.id)}>{short(run.goal, 160)}</a>
          </h2>
          {waits.map((wait) => (
            <WaitCard key={`${wait.step}-${wait.hash}`} run={run.id} wait={wait} />
          ))}
        </section>
      ))}
    </>
  )
}
