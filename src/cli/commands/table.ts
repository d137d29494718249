import type { Command } from '../options.ts'

export type Entry = { name: string; summary: string; load(): Promise<Command> }

const answering = () => import('./answer.ts')

/** Every command with what the overview says of it; a command's own file is read when it is used. */
export const commands: readonly Entry[] = [
  {
    name: 'run',
    summary: 'work on a goal until it is reached',
    load: () => import('./run.ts').then((m) => m.runCommand),
  },
  {
    name: 'chat',
    summary: 'talk: each line is a goal, earlier answers are context',
    load: () => import('./chat.ts').then((m) => m.chatCommand),
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
  {
    name: 'resume',
    summary: 'continue a run that was suspended, interrupted or killed',
    load: () => import('./resume.ts').then((m) => m.resumeCommand),
  },
  {
    name: 'pause',
    summary: 'suspend a run after the steps that are under way',
    load: () => import('./stop.ts').then((m) => m.pauseCommand),
  },
  {
    name: 'cancel',
    summary: 'end a run for good',
    load: () => import('./stop.ts').then((m) => m.cancelCommand),
  },
  {
    name: 'approve',
    summary: 'approve what a run waits to be approved',
    load: () => answering().then((m) => m.approveCommand),
  },
  {
    name: 'reject',
    summary: 'reject what a run waits to be approved',
    load: () => answering().then((m) => m.rejectCommand),
  },
  {
    name: 'answer',
    summary: 'answer a question that a run asks',
    load: () => answering().then((m) => m.answerCommand),
  },
  {
    name: 'signal',
    summary: 'send the signal that a run waits for',
    load: () => answering().then((m) => m.signalCommand),
  },
  {
    name: 'fork',
    summary: 'start a new run from an event of another',
    load: () => import('./fork.ts').then((m) => m.forkCommand),
  },
  {
    name: 'agents',
    summary: 'list teams and their agents',
    load: () => import('./agents.ts').then((m) => m.agentsCommand),
  },
  {
    name: 'serve',
    summary: 'serve goals and runs over HTTP',
    load: () => import('./serve.ts').then((m) => m.serveCommand),
  },
  {
    name: 'agent',
    summary: 'serve one agent over HTTP',
    load: () => import('./agent.ts').then((m) => m.agentCommand),
  },
  {
    name: 'audit',
    summary: 'verify, sign, export or prune the log',
    load: () => import('./audit.ts').then((m) => m.auditCommand),
  },
  {
    name: 'knowledge',
    summary: 'add to, search and erase long-term memory',
    load: () => import('./knowledge.ts').then((m) => m.knowledgeCommand),
  },
  {
    name: 'memory',
    summary: 'read, write, watch and forget shared state',
    load: () => import('./memory.ts').then((m) => m.memoryCommand),
  },
  {
    name: 'backup',
    summary: 'copy the store to a file while it is in use',
    load: () => import('./backup.ts').then((m) => m.backupCommand),
  },
  {
    name: 'restore',
    summary: 'put a verified backup where there is no store',
    load: () => import('./backup.ts').then((m) => m.restoreCommand),
  },
  {
    name: 'init',
    summary: 'make a new project that works',
    load: () => import('./init.ts').then((m) => m.initCommand),
  },
]
