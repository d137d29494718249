import type { Command } from '../options.ts'

export type Entry = { name: string; summary: string; load(): Promise<Command> }

/** Every command with what the overview says of it; a command's own file is read when it is used. */
export const commands: readonly Entry[] = [
  {
    name: 'run',
    summary: 'work on a goal until it is reached',
    load: () => import('./run.ts').then((m) => m.runCommand),
  },
  { name: 'runs', summary: 'list runs', load: () => import('./runs.ts').then((m) => m.runsCommand) },
  {
    name: 'trace',
    summary: 'show what a run did, step by step',
    load: () => import('./trace.ts').then((m) => m.traceCommand),
  },
  {
    name: 'why',
    summary: 'tell in sentences why a run ended as it did',
    load: () => import('./why.ts').then((m) => m.whyCommand),
  },
]
