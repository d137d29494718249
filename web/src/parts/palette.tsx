import { useEffect, useMemo, useRef, useState } from 'react'
import { beginGoal } from '../data/new-goal.ts'
import { runLink } from '../data/routes.ts'
import { client } from '../data/server.ts'
import type { Summary } from '../data/types.ts'
import { short } from '../data/words.ts'

type Command = { name: string; keys?: string; run: () => void }

const go = (hash: string) => () => {
  location.hash = hash
}

export const commands: Command[] = [
  { name: 'New goal', keys: 'n', run: beginGoal },
  { name: 'Goals', keys: 'g', run: go('#/') },
  { name: 'Waiting for you', keys: 'w', run: go('#/waiting') },
  { name: 'Memory', keys: 'm', run: go('#/memory') },
  { name: 'Agents', keys: 'a', run: go('#/agents') },
]

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)

/** Everything by name, from the keyboard: Ctrl-K, or single keys where nothing is typed. */
export const Palette = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const [runs, setRuns] = useState<Summary[]>([])
  const [chosen, setChosen] = useState(0)

  const open = () => {
    setText('')
    setChosen(0)
    dialog.current?.showModal()
    client.get<{ runs: Summary[] }>('/runs?limit=50').then(
      (page) => setRuns(page.runs),
      () => setRuns([]),
    )
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: opened once.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
        event.preventDefault()
        return open()
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (dialog.current?.open) return
      const command = commands.find(({ keys }) => keys === event.key)
      if (command === undefined) return
      // The key must not be typed into what the command leads to.
      event.preventDefault()
      command.run()
    }
    addEventListener('keydown', press)
    addEventListener('concord:palette', open)
    return () => {
      removeEventListener('keydown', press)
      removeEventListener('concord:palette', open)
    }
  }, [])

  const found = useMemo(() => {
    const all: Command[] = [
      ...commands,
      ...runs.map(({ id, goal, status }) => ({
        name: `${short(goal, 90)} (${status})`,
        run: go(runLink(id)),
      })),
    ]
    const words = text.toLowerCase().split(/\s+/)
    return all
      .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
      .slice(0, 12)
  }, [text, runs])

  const pick = (command: Command | undefined) => {
    dialog.current?.close()
    command?.run()
  }

  return (
    <dialog ref={dialog} className="palette" aria-label="Commands">
      <input
        role="combobox"
        aria-label="Command or goal"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[chosen] === undefined ? undefined : `palette-${chosen}`}
        value={text}
        placeholder="Where to?"
        onChange={(event) => {
          setText(event.target.value)
          setChosen(0)
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
          if (step !== undefined) {
            event.preventDefault()
            setChosen((before) => (before + step + found.length) % Math.max(1, found.length))
          }
          if (event.key === 'Enter') {
            event.preventDefault()
            pick(found[chosen])
          }
        }}
      />
      <div id="palette-list" role="listbox" aria-label="What fits">
        {found.map((command, i) => (
          <div
            key={`${command.name}-${i}`}
            id={`palette-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            onClick={() => pick(command)}
            onKeyDown={(event) => event.key === 'Enter' && pick(command)}
          >
            <span>{command.name}</span>
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
          </div>
        ))}
        {found.length === 0 && <p className="quiet">Nothing is called that.</p>}
      </div>
    </dialog>
  )
}
