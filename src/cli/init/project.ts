export type ProjectOptions = { name: string; packageName: string; dependency: string }

export const exampleGoal = 'Which words matter most in the notes?'

const packageJson = ({ name, packageName, dependency }: ProjectOptions): string =>
  `${JSON.stringify(
    {
      name,
      version: '0.0.0',
      private: true,
      type: 'module',
      engines: { node: '>=24' },
      scripts: {
        start: `concord run "${exampleGoal}"`,
        serve: 'concord serve',
        test: 'node --test',
      },
      dependencies: { [packageName]: dependency },
    },
    null,
    2,
  )}\n`

const config = ({
  packageName,
}: ProjectOptions): string => `import { defineConfig, team } from '${packageName}'
import { counter } from './agents/counter.ts'
import { reader } from './agents/reader.ts'
import { writer } from './agents/writer.ts'

export default defineConfig({
  team: 'notes',
  // Agents read what all teams share; a team that is to write there says so: policy: { memory: { global: 'write' } }.
  memory: { access: { global: 'read' } },
  teams: {
    notes: team({
      description: 'Reads the notes in a folder and tells which words matter most',
      agents: [reader, counter, writer],
      // The plan is always the same here. Leave it out and set a model, and a model plans: model: 'openai/gpt-5'.
      plan: (goal) => [
        { id: 'read', agent: 'reader', payload: { folder: goal.params?.folder ?? 'notes' } },
        // One item per note, several at once.
        { id: 'count', agent: 'counter', forEach: { $step: 'read', path: '/notes' } },
        { id: 'write', agent: 'writer', payload: { goal: goal.text, counts: { $step: 'count' } } },
      ],
    }),
  },
})
`

const reader = ({
  packageName,
}: ProjectOptions): string => `import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agent } from '${packageName}'

export type Note = { name: string; text: string }

export const reader = agent<{ folder: string }, { notes: Note[] }>({
  name: 'reader',
  description: 'Reads every .md file of a folder',
  async run({ folder }) {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort()
    const notes = await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
    )
    return { notes }
  },
})
`

const counter = ({ packageName }: ProjectOptions): string => `import { agent } from '${packageName}'
import type { Note } from './reader.ts'

export type Count = { name: string; words: { [word: string]: number } }

const common = new Set(
  [
    'about after also and are been but can did for from had has have how its more',
    'must not our that the their then there these they this was were what when which will',
    'with you your',
  ]
    .join(' ')
    .split(' '),
)

/** How often each word stands in a text; common ones are left out. */
export const countWords = (text: string): { [word: string]: number } => {
  const words: { [word: string]: number } = {}
  for (const word of text.toLowerCase().match(/[\\p{L}]{3,}/gu) ?? [])
    if (!common.has(word)) words[word] = (words[word] ?? 0) + 1
  return words
}

export const counter = agent<Note, Count>({
  name: 'counter',
  description: 'Counts the words of one note',
  run: ({ name, text }) => ({ name, words: countWords(text) }),
})
`

const writer = ({ packageName }: ProjectOptions): string => `import { agent } from '${packageName}'
import type { Count } from './counter.ts'

export const writer = agent<{ goal: string; counts: Count[] }, { markdown: string }>({
  name: 'writer',
  description: 'Writes the report',
  run({ goal, counts }) {
    const total = new Map<string, number>()
    const notes = new Map<string, string[]>()
    for (const { name, words } of counts)
      for (const [word, count] of Object.entries(words)) {
        total.set(word, (total.get(word) ?? 0) + count)
        notes.set(word, [...(notes.get(word) ?? []), name])
      }
    const top = [...total].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, 5)
    const lines = top.map(([word, count]) => \`- **\${word}** (\${count}), in \${notes.get(word)?.join(', ')}\`)
    return { markdown: [\`# \${goal}\`, '', ...lines].join('\\n') }
  },
})
`

const counterTest = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countWords } from './counter.ts'

test('counts words whatever their case, and leaves common ones out', () => {
  assert.deepEqual(countWords('Agents share memory. The memory is shared by agents, and MEMORY lasts.'), {
    agents: 2,
    share: 1,
    memory: 3,
    shared: 1,
    lasts: 1,
  })
})
`

const teamTest = ({ packageName }: ProjectOptions): string => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openConcord } from '${packageName}'
import config from './concord.config.ts'

test('the team reports on the notes', async () => {
  const concord = await openConcord({ config: { ...config, stores: { kind: 'memory' } } })
  try {
    const output = (await concord.result('${exampleGoal}')) as { markdown: string }
    assert.match(output.markdown, /\\*\\*memory\\*\\* \\(3\\), in first.md, second.md/)
  } finally {
    await concord.close()
  }
})
`

const readme = ({ name }: ProjectOptions): string => `# ${name}

A team of agents on [Concord]. It needs Node 24 and no key.

\`\`\`sh
npm install
npm test
npx concord run "${exampleGoal}"
npx concord trace last   # what it did
npx concord why last     # and why
\`\`\`

- \`concord.config.ts\` says who works together and in which order.
- \`agents/\` holds the agents: each a function from its input to its output.
- \`notes/\` is what they work on: put your own there.

Stop it with Ctrl-C, kill it, pull the plug: the same command goes on from where it was. What was done is in \`.concord/\`.
For agents that think, set a model: \`npx concord run "..." --model openai/gpt-5\`, with the key in \`.env\`.
`

const gitignore = `node_modules/
.concord/
.env
`

const notes = {
  'notes/first.md': '# Memory\n\nAgents that share one memory need no messages between each other.\n',
  'notes/second.md':
    '# What lasts\n\nA log that is only appended to lasts: every answer can be traced in memory.\n',
}

/** Files of a new project by path. */
export const projectFiles = (options: ProjectOptions): { [path: string]: string } => ({
  'package.json': packageJson(options),
  'concord.config.ts': config(options),
  'team.test.ts': teamTest(options),
  'agents/reader.ts': reader(options),
  'agents/counter.ts': counter(options),
  'agents/counter.test.ts': counterTest,
  'agents/writer.ts': writer(options),
  ...notes,
  '.gitignore': gitignore,
  'README.md': readme(options),
})
