import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { filesLike } from '../../scripts/files.ts'
import { type Reader, reader } from './follow.ts'
import { blocksOf, pageText, root } from './page.ts'
import { runElsewhere, settings } from './settings.ts'

const pages = [...filesLike('docs/guides/*.md'), 'docs/package/README.md', 'README.md']
const examples = new Set(
  filesLike('examples/**/*.ts').map((file) => `${readFileSync(join(root, file), 'utf8')}`),
)

describe('every code block of', { concurrency: 2 }, () => {
  for (const page of pages) {
    const blocks = blocksOf(pageText(page))
    const code = blocks.filter(({ language }) => language !== 'text')
    const elsewhere = runElsewhere[page]
    if (elsewhere !== undefined)
      it(`${page} is run by ${elsewhere}`, () => {
        const test = readFileSync(join(root, elsewhere), 'utf8')
        assert.ok(test.includes(basename(page)))
        assert.deepEqual(
          code.filter(({ language }) => language !== 'ts').map(({ line }) => line),
          [],
          'it runs programs only',
        )
      })
    else if (code.length > 0)
      describe(`${page} does what it says:`, { concurrency: 1 }, () => {
        const { only } = settings[page] ?? {}
        let one: Reader | undefined
        before(async () => {
          one = await reader(settings[page])
        })
        after(() => one?.leave())
        for (const [i, block] of blocks.entries()) {
          if (block.language === 'text' || only?.includes(block.language) === false) continue
          // test/examples.test.ts runs it.
          if (examples.has(`${block.code}\n`)) continue
          const next = blocks[i + 1]
          const shown = next?.language === 'text' && next.follows ? next : undefined
          it(`line ${block.line}, ${block.heading}`, () => one!.follow(block, shown))
        }
      })
  }
})

it('both READMEs lead to every guide', () => {
  for (const readme of ['README.md', 'docs/package/README.md'])
    for (const page of pages.filter((one) => one.startsWith('docs/guides/')))
      assert.ok(pageText(readme).includes(`](${page})`), `${readme} does not name ${page}`)
})

it('the guide to the command line names every member of the configuration', () => {
  const [, members = ''] =
    /export type ConcordConfig(?:<.*>)? = (?:\w+ & )?\{\n([\s\S]*?)\n\}/.exec(
      pageText('src/platform/config.ts'),
    ) ?? []
  const names = [...members.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name)
  assert.ok(names.length > 15)
  const guide = pageText('docs/guides/command-line.md')
  assert.deepEqual(
    names.filter((name) => !guide.includes(`\`${name}\``)),
    [],
  )
})

describe('the reader of the guides', () => {
  const text =
    '# A\n\n```ts\n// a.ts\nexport const a = 1\n```\n```sh\necho $((40 + 2))\n```\n```text\n42\n```\n'

  it('writes files, runs commands and finds what is shown', async () => {
    const [file, command, shown] = blocksOf(text)
    const one = await reader()
    try {
      assert.ok(file && command && shown)
      await one.follow(file, command)
      await one.follow(command, shown)
      await assert.rejects(one.follow(command, { ...shown, code: '43' }), /"43" is shown and not printed/)
      await assert.rejects(one.follow({ ...command, code: 'false' }, undefined), /it ended with 1/)
      await assert.rejects(one.follow({ ...command, language: 'yaml' }, undefined), /only ts, sh/)
      await assert.rejects(one.follow({ ...command, language: 'json', code: '{' }, undefined), SyntaxError)
      const part = { ...command, language: 'ts', code: 'nowhere()' }
      await assert.rejects(one.follow(part, undefined), /a program is whole/)
    } finally {
      await one.leave()
    }
  })
})
