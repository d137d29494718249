import { useEffect, useRef, useState } from 'react'
import { connectionNow } from './data/changes.ts'
import { usePlace } from './data/routes.ts'
import { client, mayChange, signIn } from './data/server.ts'
import { notify, useTopic } from './data/store.ts'
import { Palette } from './parts/palette.tsx'
import { Empty } from './parts/problem.tsx'
import { Agents } from './views/agents.tsx'
import { Goals } from './views/goals.tsx'
import { Memory } from './views/memory.tsx'
import { Run } from './views/run.tsx'
import { Waiting } from './views/waiting.tsx'

const views: [view: string, name: string][] = [
  ['goals', 'Goals'],
  ['waiting', 'Waiting'],
  ['memory', 'Memory'],
  ['agents', 'Agents'],
]

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const useTheme = (): [Theme, () => void] => {
  const [theme, setTheme] = useState<Theme>(
    () => (localStorage.getItem('concord-theme') as Theme) ?? 'system',
  )
  useEffect(() => {
    localStorage.setItem('concord-theme', theme)
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }, [theme])
  return [theme, () => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system')]
}

export const App = () => {
  const { view, id } = usePlace()
  const [theme, nextTheme] = useTheme()
  useTopic('connection')
  useTopic('session')
  const main = useRef<HTMLElement>(null)
  const needsToken = useNeedsToken()
  const lost = connectionNow() === 'lost'

  // biome-ignore lint/correctness/useExhaustiveDependencies: another view begins at its top.
  useEffect(() => {
    document.title = `${views.find(([name]) => name === view)?.[1] ?? 'Run'} · Concord`
    scrollTo({ top: 0 })
  }, [view, id])

  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <nav className="rail" aria-label="Parts of the page">
        <a className="brand" href="#/">
          <img src="/favicon.svg" alt="" width="24" height="24" /> Concord
        </a>
        {views.map(([name, shown]) => (
          <a
            key={name}
            href={name === 'goals' ? '#/' : `#/${name}`}
            aria-current={
              view === name || (name === 'goals' && view === 'runs') ? 'page' : undefined
            }
          >
            {shown}
          </a>
        ))}
        <span className="grow" />
        <button type="button" onClick={() => dispatchEvent(new Event('concord:palette'))}>
          Commands <kbd>Ctrl K</kbd>
        </button>
        <button type="button" onClick={nextTheme}>
          Colours: {theme}
        </button>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <div aria-live="polite">
          {lost && (
            <p className="notice is-bad">
              The server does not answer. What is shown is what was known; it goes on when the
              server is back.
            </p>
          )}
        </div>
        {!mayChange() && !needsToken && !lost && (
          <p className="notice">
            This page only reads. To start, approve or stop runs, open the link that{' '}
            <code>concord serve</code> printed.
          </p>
        )}
        {needsToken ? <SignIn /> : <View view={view} id={id} />}
      </main>
      <Palette />
    </>
  )
}

const View = ({ view, id }: { view: string; id: string | undefined }) => {
  if (view === 'goals') return <Goals />
  if (view === 'runs' && id !== undefined) return <Run key={id} id={id} />
  if (view === 'memory') return <Memory />
  if (view === 'agents') return <Agents />
  if (view === 'waiting') return <Waiting />
  return (
    <Empty title="There is nothing at this address">
      <a href="#/">All goals</a>
    </Empty>
  )
}

/** Whether the server asks for a token that the page does not have. */
const useNeedsToken = (): boolean => {
  const [needs, setNeeds] = useState(false)
  const session = useTopic('session')
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again with another session.
  useEffect(() => {
    client.get('/teams').then(
      () => setNeeds(false),
      (error: { code?: string }) => setNeeds(error.code === 'auth.required'),
    )
  }, [session])
  return needs
}

const SignIn = () => (
  <form
    className="card sign-in"
    onSubmit={(event) => {
      event.preventDefault()
      signIn(String(new FormData(event.currentTarget).get('token') ?? '').trim())
      notify('runs')
    }}
  >
    <h1>Sign in</h1>
    <p>This server asks for its token. It is kept in this tab's memory and nowhere else.</p>
    <label>
      Token
      <input name="token" type="password" autoComplete="off" required />
    </label>
    <button type="submit" className="primary">
      Sign in
    </button>
  </form>
)
