import { resolve } from 'node:path'
import { command } from '../command.ts'
import { scaffold } from '../init/scaffold.ts'
import { openTerminal } from '../terminal.ts'

export const initCommand = command({
  name: 'init',
  summary:
    'Make a project: a team with a model, a tool, a checker, an approval and tests, that works without a key',
  positionals: [{ name: 'dir', description: 'where; default here. What is there is kept' }],
  options: {},
  examples: ['concord init', 'concord init my-team'],
  async run([dir = '.'], values) {
    const terminal = openTerminal(values['no-color'])
    const { made, changed, kept, goal } = scaffold(resolve(dir))
    if (made.length > 0) terminal.err(`Made ${made.join(', ')}\n`)
    if (changed.length > 0) terminal.err(`Added what was missing to ${changed.join(', ')}\n`)
    if (kept.length > 0) terminal.err(`Kept ${kept.join(', ')} as you have it\n`)
    if (kept.includes('tsconfig.json'))
      terminal.err(
        'The new files need these of TypeScript: "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true\n',
      )
    terminal.err('\nNext:\n')
    const steps = [
      ...(dir === '.' ? [] : [`cd ${dir}`]),
      'npm install',
      'npm test',
      `npx concord run "${goal}"`,
      'npx concord trace last',
    ]
    terminal.out(steps.map((step) => `  ${step}\n`).join(''))
    return 0
  },
})
