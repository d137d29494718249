import { createInterface } from 'node:readline'
import type { Concord } from '../../platform/concord-types.ts'
import { defaultTeam } from '../../platform/teams.ts'
import { command } from '../command.ts'
import { concordCommand } from '../command-name.ts'
import { drive } from '../drive.ts'
import { person } from '../person.ts'
import { report } from '../report.ts'
import { openWith, settingsOf } from '../settings.ts'
import { openTerminal, type Terminal, typedLines } from '../terminal.ts'

const leave = new Set(['/exit', '/quit'])
/** A word behind a slash is meant for the chat, not for its team. */
const slashWord = /^\/[a-z]+$/i
const help = 'Each line is a goal. /exit leaves, Ctrl-C stops the run under way.\n'

/** One line typed by the person; undefined when the input ended. A reader of its own each time: a run may ask the person itself. */
const askLine = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    const reader = typedLines()
    let given: string | undefined
    reader.on('SIGINT', () => reader.close())
    reader.on('close', () => resolve(given))
    reader.question('> ', (line) => {
      given = line
      reader.close()
    })
  })

const typed = async function* (): AsyncGenerator<string> {
  for (let line = await askLine(); line !== undefined; line = await askLine()) yield line
}

const piped = async function* (): AsyncGenerator<string> {
  yield* createInterface({ input: process.stdin })
}

const newThread = async (concord: Concord): Promise<string> => {
  const taken = async (id: string) => (await concord.runs({ thread: id, limit: 1 })).length > 0
  const day = new Date().toISOString().slice(0, 10)
  for (let n = 1; ; n++) if (!(await taken(`chat-${day}-${n}`))) return `chat-${day}-${n}`
}

const opening = async (concord: Concord, terminal: Terminal, thread: string): Promise<void> => {
  const before = await concord.runs({ thread, status: ['succeeded'], limit: 1 })
  const last = before[0]?.goal.text.replaceAll(/\s+/g, ' ')
  terminal.err(
    last === undefined
      ? `Thread ${thread}; continue it later: ${concordCommand} chat --thread ${thread}\n`
      : `Thread ${thread} continues; last asked: ${last}\n`,
  )
}

export const chatCommand = command({
  name: 'chat',
  summary: 'Talk: each line is a goal, earlier answers are context',
  options: {
    thread: {
      type: 'string',
      value: 'id',
      description: 'the conversation to continue (default a new one)',
    },
    subject: {
      type: 'string',
      value: 'id',
      description: 'whom it is about: what they say of themselves is kept',
    },
    team: {
      type: 'string',
      value: 'name',
      description: 'who answers (CONCORD_TEAM; default: the only team of the config, else research)',
    },
    model: {
      type: 'string',
      value: 'provider/model',
      description: 'default model of the agents (CONCORD_MODEL)',
    },
  },
  notes: [
    'Each line is a run of its own: it is kept, can be traced, and continues after a crash (concord resume).\n/exit, or the end of the input, leaves; Ctrl-C stops the run under way.',
  ],
  examples: [
    'concord chat --subject ada',
    'printf "My name is Ada.\\nWho am I?\\n" | concord chat --team helper',
  ],
  async run(_, values) {
    const terminal = openTerminal(values['no-color'])
    const config = await settingsOf(values, values)
    const concord = await openWith(config)
    try {
      const team = defaultTeam(config)
      concord.team(team)
      const thread = values.thread ?? (await newThread(concord))
      const about = values.subject === undefined ? {} : { subject: values.subject }
      if (terminal.interactive) await opening(concord, terminal, thread)
      let code = 0
      for await (const line of terminal.interactive ? typed() : piped()) {
        const text = line.trim()
        if (text === '') continue
        if (leave.has(text)) break
        if (slashWord.test(text)) {
          const isHelp = text.toLowerCase() === '/help'
          terminal.err(isHelp ? help : `Cannot do ${text} as there are /help and /exit only; choose one\n`)
          continue
        }
        const unattended = terminal.interactive ? {} : { unattended: true as const }
        const { id } = await concord.start(
          { text, team, thread, ...about },
          { ...unattended, principal: person() },
        )
        const driven = await drive(concord, id, terminal, { quiet: !terminal.interactive })
        code = terminal.interactive ? report(terminal, driven, {}) : report(quietly(terminal), driven, {})
        if (driven.interrupt !== undefined) return code
      }
      return code
    } finally {
      await concord.close()
    }
  },
})

/** In a pipe only answers and failures are of interest. */
const quietly = (terminal: Terminal): Terminal => ({
  ...terminal,
  err: (text) => {
    if (!text.startsWith('Done in ')) terminal.err(text)
  },
})
