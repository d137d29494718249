import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { filesLike } from '../../scripts/files.ts'

const maker = 'src/domain/names.ts'
const kind = '(?:run|inbox|state|audit|thread|subject|team|wake|live|tenant)'
const quote = '[\'"`]'

/** Ways to make or read the name of a stream or namespace by hand. */
const byHand: { [way: string]: RegExp } = {
  'a name in a template': new RegExp(`(?<![\\w/.-])(?:${kind}/)+\\$\\{`, 'g'),
  'a prefix': new RegExp(`${quote}${kind}/${quote}`, 'g'),
  'a whole name': new RegExp(`(?<!example: )${quote}${kind}/[\\w.@:/-]+${quote}`, 'g'),
  'the global namespace': /(['"`])global\1/g,
  'a prefix in a regular expression': new RegExp(`\\b${kind}\\)?\\\\/`, 'g'),
  'a pattern of a query': new RegExp(`['"]${kind}/(?:${kind}/)?[*%]`, 'g'),
  'a kind joined to an id': new RegExp(
    `\\[\\s*${quote}${kind}${quote}[^\\]]*\\]\\s*\\.join\\(\\s*${quote}/|${quote}${kind}${quote}\\s*\\+\\s*${quote}/`,
    'g',
  ),
  'a name that is made longer': /\$\{(?:\w*(?:Stream|Namespace)\([^`]*?\)|home)\}[/.]/g,
  'a name that is cut or compared in part':
    /\b(?:stream|namespace|home)(?:Name)?\??\.(?:split|slice|substring|substr|indexOf|lastIndexOf|startsWith|endsWith|match|replace|replaceAll)\((?!0, \d)/g,
}

/** Where a word that looks like a name is none, or must stand as it is. */
const known: { [file: string]: readonly string[] } = {
  // A word of the policy for memory.
  'src/policy/memory.ts': ["'global'"],
  'src/policy/policy-problem.ts': ["'global'"],
  // A migration, which is never edited.
  'src/stores/sqlite/schema.ts': ["a prefix: 'state/'"],
}

// What a comment says is not done; `/*` also stands in patterns of queries. What stands after code
// on its line is left, as `//` is also in addresses.
const codeOf = (text: string): string =>
  text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, '').replaceAll(/^\s*\/\/.*$/gm, '')

const foundIn = (code: string): string[] =>
  Object.entries(byHand).flatMap(([way, pattern]) =>
    [...codeOf(code).matchAll(pattern)].map(([text]) => `${way}: ${text}`),
  )

/** Examples have `<x>` where code has a template's `${x}`. */
const templatesIn = (example: string): string => example.replaceAll('<', `\${`).replaceAll('>', '}')

describe('the names of streams and namespaces', () => {
  it('are made and read by one module', () => {
    // The contract suites say, as tests do, what stores hold.
    const files = filesLike('src/**/*.ts').filter(
      (file) => !file.endsWith('.test.ts') && !file.startsWith('src/testing/contracts/') && file !== maker,
    )
    assert.ok(files.length > 300)
    const found = files.flatMap((file) =>
      foundIn(readFileSync(file, 'utf8'))
        .filter((each) => !known[file]?.some((text) => each.endsWith(text)))
        .map((each) => `${file}: ${each}`),
    )
    assert.deepEqual(found, [], `make and read names with ${maker}`)
    for (const [file, texts] of Object.entries(known))
      for (const text of texts)
        assert.ok(
          foundIn(readFileSync(file, 'utf8')).some((each) => each.endsWith(text)),
          `${file} has no ${text} any more: take it off the list`,
        )
  })

  it('are found when they are made by hand', () => {
    const planted: { [way: string]: readonly string[] } = {
      'a name in a template': [
        'const home = `run/<id>`',
        'const stream = `state/run/<id>`',
        'throw new Error(`Cannot write team/<team>`)',
      ],
      'a prefix': ["if (name.startsWith('inbox/')) return", "const stream = 'run/' + id"],
      'a whole name': ["log.read('audit/trail')", "state.in('team/desk')"],
      'the global namespace': ["const { namespace = 'global' } = on"],
      'a prefix in a regular expression': ['/^subject\\/(.+)$/s.exec(x)', '/^(run|thread|team)\\//.test(x)'],
      'a pattern of a query': ["`SELECT 1 WHERE name GLOB 'state/run/*'`\n/** That is no comment. */"],
      'a kind joined to an id': ["['wake', name].join('/')", "'thread' + '/' + id"],
      'a name that is made longer': ['x.startsWith(`<home>/`)', 'x.startsWith(`<inboxStream(id)>.`)'],
      'a name that is cut or compared in part': ["stream.split('/')[1]", 'namespace.slice(from)'],
    }
    assert.deepEqual(Object.keys(planted), Object.keys(byHand))
    for (const [way, codes] of Object.entries(planted))
      for (const code of codes)
        assert.ok(
          foundIn(templatesIn(code)).some((each) => each.startsWith(`${way}:`)),
          `${way} is not found in ${code}`,
        )
    for (const innocent of [
      'fetch(`/runs/<id>`)',
      "route('/memory/state/{key}')",
      "import { x } from './state/run.ts'",
      '// `run/<id>` is made elsewhere',
      "{ example: 'team/stock' }",
      'shown(namespace.slice(0, 200))',
      'runStream(id)',
    ])
      assert.deepEqual(foundIn(templatesIn(innocent)), [], innocent)
  })
})
