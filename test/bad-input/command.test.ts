import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { project, refused, succeededWith } from './project.ts'

describe('a goal that cannot be worked on as it is given', () => {
  it('names the teams there are when none is called so', async () => {
    using it = project()
    refused(await it.run('run', 'Do it', '--team', 'smal'), 'team.unknown', '"smal"', 'small, big, gate')
    assert.equal(existsSync(it.path('effects')), false)
    succeededWith(await it.run('run', 'Do it', '--team', 'small'), /^s7/)
  })

  it('needs a goal, known options and sensible values, before anything is stored', async () => {
    using it = project()
    const cases: [args: string[], ...words: string[]][] = [
      [['run'], 'no goal is given', 'write: concord run'],
      [['rnu', 'Do it'], 'did you mean "concord run"?'],
      [['run', 'Do it', '--teem', 'small'], '--teem', 'did you mean --team?'],
      [['run', 'Do it', '--budget', 'tokn=4'], '"tokn"', 'tokens, money'],
      [['run', 'Do it', '--budget', 'steps=many'], 'many'],
      [['run', 'Do it', '--param', 'topic'], '"topic"', 'name=value'],
      [['run', 'Do it', '--durability', 'eternal'], '"eternal"', 'process, power'],
      [['trace', 'abc'], 'Cannot find a run', 'start one with concord run'],
    ]
    await Promise.all(
      cases.map(async ([args, ...words]) => refused(await it.run(...args), 'input.invalid', ...words)),
    )
    assert.equal(existsSync(it.path('.concord')), false)
  })

  it('says which key a model lacks, and which providers there are', async () => {
    using it = project()
    const withModel = (model: string) => it.run('run', 'Do it', '--model', model)
    refused(await withModel('openai/gpt-5'), 'model.key-missing', 'set OPENAI_API_KEY')
    refused(await withModel('opnai/gpt-5'), 'model.unconfigured', 'openai, anthropic, google')
    refused(await withModel('gpt-5'), 'model.unconfigured', 'provider/model', 'openai/gpt-5')
    assert.equal(existsSync(it.path('effects')), false)
  })

  it('says where the key of a model belongs when it is the config that names it, or that it names none', async () => {
    const thinking = (model: string) =>
      `export default { ${model} team: 'a', teams: { a: { agents: [{ name: 'w', instructions: 'x' }] } } }`
    using keyless = project(thinking(`model: 'anthropic/claude-sonnet-4',`))
    refused(await keyless.run('run', 'Do it'), 'model.key-missing', 'set ANTHROPIC_API_KEY')
    using unconfigured = project(thinking(''))
    refused(await unconfigured.run('run', 'Do it'), 'model.unconfigured', '--model', 'CONCORD_MODEL')
  })

  it('tells of a corpus that is not there, is empty, or holds nothing that can be read', async () => {
    using it = project('export default {}')
    const research = (corpus: string) => it.run('run', 'Do it', '--corpus', corpus)
    refused(await research('./nothing'), 'corpus.unreadable', 'nothing', 'give a file or folder')
    mkdirSync(it.path('empty'))
    refused(await research('./empty'), 'corpus.unreadable', 'it is empty', 'give a file or folder')
    mkdirSync(it.path('binary'))
    writeFileSync(it.path('binary/a.pdf'), Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 1, 2, 3]))
    writeFileSync(it.path('binary/b.jsonl'), '{ this is no json\n')
    refused(await research('./binary'), 'corpus.unreadable', 'binary', 'give a file or folder')
  })

  it('tells of a plan that cannot work, and that of a run of the log', async () => {
    using it = project(`export default { team: 'a', teams: { a: {
      agents: [{ name: 'w', run: () => 1 }],
      plan: () => [{ id: 'x', agent: 'w', payload: {}, dependsOn: ['y'] }, { id: 'y', agent: 'w', payload: {}, dependsOn: ['x'] }],
    } } }`)
    const { code, stderr } = await it.run('run', 'Do it')
    assert.equal(code, 1)
    assert.match(stderr, /^error: Cannot .+ as .+ the steps wait for each other: x -> y -> x/m)
    succeededWith(await it.run('runs'), /failed .* Do it/)
  })
})

describe('a result that is longer than a pipe holds', () => {
  it('reaches its reader whole', async () => {
    using it = project()
    const { code, stdout } = await it.run('run', 'Much', '--team', 'big', '--json')
    assert.equal(code, 0)
    assert.equal(JSON.parse(stdout).output.length, 's7 '.length + 200 * 1024)
  })
})
