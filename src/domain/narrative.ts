import type { Event } from './event.ts'

export const narrate = (events: readonly Event[]): string => `${events.length}`
