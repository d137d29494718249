import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { project, refused } from './project.ts'

/** What is wrong, on which line (none where nothing can be pointed at), and what the error has to say. */
const cases: { what: string; text: string; line?: number; words: string[] }[] = [
  {
    what: 'is not TypeScript',
    text: 'export default {\n  team: "x",\n  teams: {{ }\n}\n',
    line: 3,
    words: ['cannot be parsed'],
  },
  {
    what: 'needs more than erased types',
    text: '\nenum A { x }\nexport default { a: A.x }\n',
    line: 2,
    words: ['enum'],
  },
  {
    what: 'throws',
    text: 'const x: any = undefined\n\nexport default { team: x.y }\n',
    line: 3,
    words: ['it throws', "reading 'y'"],
  },
  {
    what: 'exports nothing',
    text: 'export const config = {}\n',
    words: ['no default export', 'defineConfig'],
  },
  {
    what: 'has an unknown key',
    text: 'export default {\n  teams: {},\n  modle: "x/y",\n}\n',
    line: 3,
    words: ['"modle"', 'did you mean "model"'],
  },
  {
    what: 'has a wrong type deep inside',
    text: 'export default {\n  teams: {\n    a: {\n      agents: "b",\n    },\n  },\n}\n',
    line: 4,
    words: ['"teams.a.agents" must be a list'],
  },
  {
    what: 'imports a package that is not installed',
    text: '\nimport { x } from "not-there"\nexport default { team: x }\n',
    line: 2,
    words: ['not-there', 'npm install'],
  },
  {
    what: 'imports a file that is not there',
    text: 'import { x } from "./gone.ts"\nexport default { team: x }\n',
    line: 1,
    words: ['gone.ts', 'correct the import'],
  },
]

describe('a malformed config', () => {
  for (const { what, text, line, words } of cases)
    it(`that ${what} is told with its file${line === undefined ? '' : ' and line'}, and nothing is started`, async () => {
      using it = project(text)
      const place = `${it.path('concord.config.ts')}${line === undefined ? '' : `:${line}`}`
      refused(await it.run('run', 'Do it'), 'config.invalid', place, ...words)
      assert.equal(existsSync(it.path('.concord')), false)
    })

  it('that is not there is told where one was named', async () => {
    using it = project()
    refused(
      await it.run('run', 'Do it', '--config', 'other.ts'),
      'config.invalid',
      it.path('other.ts'),
      'concord init',
    )
  })

  it('with a team of agents that nobody defined says which and who is known', async () => {
    using it = project(
      'export default {\n  agents: { reader: { run: () => 1 } },\n  teams: { a: { agents: ["raeder"] } },\n}\n',
    )
    refused(await it.run('run', 'Do it', '--team', 'a'), 'config.invalid', '"raeder"', 'reader')
  })
})
