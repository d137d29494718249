import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { project } from './project.ts'

describe('concord memory', () => {
  const { concord, start } = project('')

  it('sets, gets, lists, deletes and tells the history of keys', async () => {
    const none = await concord('memory', 'list')
    assert.deepEqual([none.code, /there is no store in/.test(none.stderr)], [2, true])
    assert.equal((await concord('memory', 'set', 'name')).code, 2)
    assert.match(
      (await concord('memory', 'history', 'name')).stderr,
      /"concord memory history" as there is no store in/,
    )
    assert.equal((await concord('memory', 'set', 'name', 'Ann')).stdout, 'name  v1\n')
    assert.equal((await concord('memory', 'set', 'n', '{"left": 3}', '--ttl', '600000')).stdout, 'n  v1\n')
    assert.equal((await concord('memory', 'get', 'n')).stdout, '{"left":3}\n')
    const entry = JSON.parse((await concord('memory', 'get', 'n', '--json')).stdout)
    assert.deepEqual(
      [entry.version, entry.expiresAt - entry.at, entry.provenance],
      [1, 600_000, { agent: 'user' }],
    )
    const refused = await concord('memory', 'set', 'name', 'Bob', '--if-version', '0')
    assert.deepEqual([refused.code, /must be 0: it is 1/.test(refused.stderr)], [75, true])
    assert.equal((await concord('memory', 'list')).stdout, 'n  v1  {"left":3}\nname  v1  "Ann"\n')
    assert.equal((await concord('memory', 'list', 'na', '--limit', '5')).stdout, 'name  v1  "Ann"\n')
    assert.equal((await concord('memory', 'list', '--namespace', 'team/x', '--json')).stdout, '[]\n')
    assert.equal((await concord('memory', 'delete', 'name')).code, 0)
    const history = await concord('memory', 'history', 'name')
    assert.match(history.stdout, /v2 {2}deleted {2}by user\n.*v1 {2}"Ann" {2}by user\n$/)
    assert.equal((await concord('memory', 'get', 'name')).code, 2)
  })

  it('reads the past: after a change, at a version, at an instant', async () => {
    const at = async (...words: string[]) => concord('memory', ...words, '--namespace', 'team/past')
    for (const value of ['1', '2', '3']) await at('set', 'k', value)
    assert.equal((await at('get', 'k', '--at', '2')).stdout, '2\n')
    assert.equal((await at('get', 'k', '--at', 'v1')).stdout, '1\n')
    assert.equal((await at('get', 'k', '--at', '9999-01-01T00:00:00Z')).stdout, '3\n')
    assert.equal((await at('get', 'k', '--at', '2000-01-01')).code, 2)
    assert.equal((await at('list', '--at', '1')).stdout, 'k  v1  1\n')
    assert.equal((await at('history', 'k', '--at', '2')).stdout.trim().split('\n').length, 2)
    const odd = [
      ['get', 'k', '--at', 'yesterday'],
      ['get', 'k', '--at', '-1'],
      ['get', 'k', '--at', '2026-99-99'],
      ['get', 'k', '--at', '4'],
      ['list', '--at', 'v1'],
      ['history', 'k', '--at', 'v1'],
    ]
    for (const words of odd) {
      const { code, stderr } = await at(...words)
      assert.equal(code, 2, words.join(' '))
      assert.match(stderr, /Cannot (use|list|tell|read) /)
    }
  })

  it('watches what other processes write, a line a change, until it is interrupted', async () => {
    await concord('memory', 'set', 'stock:apple', '1', '--namespace', 'team/shop')
    const watching = start('memory', 'watch', 'stock:*', '--namespace', 'team/shop', '--since', '0', '--json')
    await watching.says(/Watching stock:\*/)
    await concord('memory', 'set', 'other', '1', '--namespace', 'team/shop')
    const seen = new Promise<void>((resolve) => {
      let text = ''
      watching.child.stdout?.on('data', (chunk: string) => {
        text += chunk
        if (text.includes('"stock:pear"')) resolve()
      })
    })
    await concord('memory', 'set', 'stock:pear', '2', '--namespace', 'team/shop')
    await seen
    watching.child.kill('SIGINT')
    const { code, stdout } = await watching.ended
    const changes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; sequence: number })
    assert.deepEqual(
      [code, changes.map(({ key, sequence }) => [key, sequence])],
      [
        0,
        [
          ['stock:apple', 1],
          ['stock:pear', 3],
        ],
      ],
    )
  })

  it('says how it is used', async () => {
    for (const [args, said] of [
      [['wach'], /did you mean "watch"\?/],
      [['get'], /no key is given/],
      [['get', 'a', 'b'], /"b" is one argument too many/],
      [['set', 'a'], /no value is given/],
      [['set', 'a', '1', '--if-version', 'x'], /whole number/],
      [['forget'], /no subject is given/],
    ] as const) {
      const { code, stderr } = await concord('memory', ...args)
      assert.deepEqual([code, said.test(stderr)], [2, true], stderr)
    }
  })
})
