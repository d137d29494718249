import { type AgentContext, agent, type Concord, type Json } from '../../src/index.ts'
import type { WakeOn } from '../../src/runtime/wake-on.ts'

type Told = { key: string; value?: Json; sequence: number }

/** An agent that notes what it was woken for; `until` resolves when it was woken so often. */
export const listener = (
  wakeOn: WakeOn | readonly WakeOn[],
  act?: (context: AgentContext) => Promise<unknown>,
) => {
  const heard: { changes: Told[]; params: { [name: string]: Json } }[] = []
  let look = () => {}
  const listening = agent({
    name: 'listener',
    wakeOn,
    run: async (input, context: AgentContext) => {
      const params = input as { [name: string]: Json }
      heard.push({ changes: (params.changes ?? []) as Told[], params })
      look()
      return (await act?.(context)) ?? 'ok'
    },
  })
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (heard.length >= count) resolve()
      }
      look()
    })
  return { listening, heard, until, keys: () => heard.map(({ changes }) => changes.map(({ key }) => key)) }
}

/** Resolves when what was decided last covers this sequence. */
export const decided = async (
  concord: Concord,
  name: string,
  sequence: number,
): Promise<{ [key: string]: Json }> => {
  const state = concord.state(`wake/${name}`)
  for (;;) {
    const [entry] = await state.list()
    const value = entry?.value as { sequence: number } | undefined
    if (value !== undefined && value.sequence >= sequence) return value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Resolves when the watcher has set its timer. */
export const armed = async (clock: { pending(): number }, timers: number): Promise<void> => {
  while (clock.pending() < timers) await new Promise((resolve) => setImmediate(resolve))
}
