import type { Event } from '../domain/event.ts'
import { type Seen, whatAgentsSaw } from '../memory/conversation.ts'

/** All that one step saw, turn by turn, its items included; with every step that saw anything. */
export const seenBy = (events: readonly Event[], step: string): { turns: Seen[]; steps: string[] } => {
  const all = whatAgentsSaw(events)
  return {
    turns: all.filter((seen) => seen.step === step),
    steps: [...new Set(all.map((seen) => seen.step))],
  }
}

export type { Seen }
