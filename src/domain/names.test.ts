import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  auditStream,
  childRun,
  globalNamespace,
  inboxStream,
  isAtHome,
  isOfFamily,
  liveNamespace,
  type NamespaceName,
  namespaceNamed,
  namespaceOfChannel,
  namespaceOfStream,
  parseNamespace,
  parseStream,
  runNamespace,
  runOfInbox,
  runOfNamespace,
  runOfStream,
  runStream,
  type StreamName,
  stateStream,
  subjectNamespace,
  subjectOfNamespace,
  teamNamespace,
  tenantNamespace,
  tenantStream,
  threadNamespace,
  wakeNamespace,
} from './names.ts'

/** Ids that try to look like another name: of a kind, with slashes and dots, empty, in any script, long. */
const pieces = [
  'run/',
  'inbox/',
  'state/',
  'live/',
  'tenant/',
  'team/',
  'global',
  'audit/trail',
  '/',
  '..',
  '.',
]
const id = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'grapheme' })), { maxLength: 5 })
    .map((all) => all.join('')),
  fc.constantFrom('x'.repeat(100_000), '/'.repeat(5000)),
)
const word = id.map((text) => text.replaceAll('/', '_'))
const tenant = word.filter((text) => text !== '')

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true })

const plainNamespace: fc.Arbitrary<NamespaceName> = fc.oneof(
  record({ kind: fc.constant('run' as const), id: word }),
  record({ kind: fc.constant('run' as const), id: word, part: id }),
  record({ kind: fc.constantFrom('thread' as const, 'subject', 'team', 'wake', 'live'), id }),
  fc.constant({ kind: 'global' as const }),
)
const makers = {
  thread: threadNamespace,
  subject: subjectNamespace,
  team: teamNamespace,
  wake: wakeNamespace,
  live: liveNamespace,
}
const namespaceFrom = (name: NamespaceName): string => {
  const { tenant } = name
  const made =
    name.kind === 'global'
      ? globalNamespace
      : name.kind === 'run'
        ? runNamespace(name.id, name.part)
        : makers[name.kind](name.id)
  return tenant === undefined ? made : tenantNamespace(tenant, made)
}
const namespace = fc.oneof(
  plainNamespace,
  fc.tuple(plainNamespace, tenant).map(([name, of]): NamespaceName => ({ ...name, tenant: of })),
)

const plainStream: fc.Arbitrary<StreamName> = fc.oneof(
  record({ kind: fc.constantFrom('run' as const, 'inbox' as const), run: id }),
  record({ kind: fc.constant('state' as const), namespace: namespace.map(namespaceFrom) }),
  fc.constant({ kind: 'audit' as const }),
)
const streamFrom = (name: StreamName): string => {
  const made =
    name.kind === 'audit'
      ? auditStream
      : name.kind === 'state'
        ? stateStream(name.namespace)
        : name.kind === 'run'
          ? runStream(name.run)
          : inboxStream(name.run)
  return name.tenant === undefined ? made : tenantStream(name.tenant, made)
}
const stream = fc.oneof(
  plainStream,
  fc
    .tuple(
      plainStream.filter(({ kind }) => kind !== 'state'),
      tenant,
    )
    .map(([name, of]): StreamName => ({ ...name, tenant: of })),
)

const same = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
const sorted = (value: unknown) => Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1))

describe('names', () => {
  it('are read as what they were made from', () => {
    fc.assert(fc.property(namespace, (name) => assert.deepEqual(parseNamespace(namespaceFrom(name)), name)))
    fc.assert(fc.property(stream, (name) => assert.deepEqual(parseStream(streamFrom(name)), name)))
  })

  it("have a tenant's prefix once: a state stream has that of its namespace", () => {
    fc.assert(
      fc.property(plainNamespace.map(namespaceFrom), tenant, (namespace, of) => {
        const changes = tenantStream(of, stateStream(namespace))
        assert.deepEqual(parseStream(changes), { kind: 'state', namespace: tenantNamespace(of, namespace) })
      }),
    )
  })

  it('are never shared by two different things', () => {
    fc.assert(
      fc.property(namespace, namespace, (a, b) =>
        assert.equal(namespaceFrom(a) === namespaceFrom(b), same(a, b)),
      ),
    )
    fc.assert(
      fc.property(stream, stream, (a, b) => assert.equal(streamFrom(a) === streamFrom(b), same(a, b))),
    )
  })

  it('that are read are made again as they were', () => {
    const any = fc.oneof(id, namespace.map(namespaceFrom), stream.map(streamFrom))
    fc.assert(
      fc.property(any, (name) => {
        const namespace = parseNamespace(name)
        if (namespace !== undefined) assert.equal(namespaceFrom(namespace), name)
        const stream = parseStream(name)
        if (stream !== undefined) assert.equal(streamFrom(stream), name)
      }),
    )
  })

  it('are stored as they always were', () => {
    assert.deepEqual(
      [runStream('r'), inboxStream('r'), stateStream('global'), stateStream(runNamespace('r')), auditStream],
      ['run/r', 'inbox/r', 'state/global', 'state/run/r', 'audit/trail'],
    )
    assert.deepEqual(
      [
        runNamespace('r'),
        runNamespace('r', 'draft/2'),
        threadNamespace('a/b'),
        subjectNamespace('ann'),
        teamNamespace('desk'),
        wakeNamespace('desk:0'),
        globalNamespace,
        childRun('r', 'learn'),
      ],
      [
        'run/r',
        'run/r/draft/2',
        'thread/a/b',
        'subject/ann',
        'team/desk',
        'wake/desk:0',
        'global',
        'r.learn',
      ],
    )
  })

  it('no other word is a name', () => {
    for (const name of ['', 'run', 'audit/', 'audit/other', 'team/x', 'global', 'tenant/a', 'tenant//run/r'])
      assert.equal(parseStream(name), undefined, name)
    for (const name of ['', 'n', 'run', 'Global', 'global/x', 'tenant/a', 'tenant//team/x', 'tenant/a/n'])
      assert.equal(parseNamespace(name), undefined, name)
    assert.equal(parseNamespace('tenant/a/tenant/b/team/x'), undefined)
    for (const name of ['subject/', 'team/x', 'run/subject/x'])
      assert.equal(subjectOfNamespace(name), undefined)
    for (const name of ['run/', 'run/a/b', 'team/x']) assert.equal(runOfNamespace(name), undefined)
  })

  it('a run whose id has a slash would have the namespace of another run', () => {
    assert.throws(() => runNamespace('a/b'), { code: 'input.invalid', message: /no slash/ })
    for (const wrong of ['', 'a/b'])
      assert.throws(() => tenantNamespace(wrong, 'global'), { code: 'input.invalid' })
  })

  it('the readers of one kind agree with the parser', () => {
    fc.assert(
      fc.property(fc.oneof(stream.map(streamFrom), id), (name) => {
        const parsed = parseStream(name)
        const of = parsed?.tenant === undefined ? parsed : undefined
        assert.equal(runOfStream(name), of?.kind === 'run' ? of.run : undefined)
        assert.equal(runOfInbox(name), of?.kind === 'inbox' ? of.run : undefined)
        assert.equal(namespaceOfStream(name), of?.kind === 'state' ? of.namespace : undefined)
      }),
    )
    fc.assert(
      fc.property(fc.oneof(namespace.map(namespaceFrom), id), word, (name, run) => {
        const parsed = parseNamespace(name)
        const of = parsed?.tenant === undefined ? parsed : undefined
        const isOwn = of?.kind === 'run' && of.part === undefined && of.id !== ''
        assert.equal(runOfNamespace(name), isOwn ? of.id : undefined)
        assert.equal(subjectOfNamespace(name), of?.kind === 'subject' && of.id !== '' ? of.id : undefined)
        assert.equal(isAtHome(name, runNamespace(run)), of?.kind === 'run' && of.id === run)
      }),
    )
  })

  it('a family is a run and those below it', () => {
    const own = inboxStream('r')
    assert.ok(isOfFamily(own, own) && isOfFamily(inboxStream(childRun('r', 'c')), own))
    for (const other of [inboxStream('r2'), runStream('r'), inboxStream(''), inboxStream('q.r')])
      assert.equal(isOfFamily(other, own), false, other)
  })
})

describe('a namespace that users name', () => {
  it('is one of the words, with an id', () => {
    for (const name of ['global', 'run/1', 'run/1/copy', 'thread/a', 'subject/a b', 'team/\n', 'wake/t:a'])
      assert.equal(namespaceNamed(name), name)
    for (const name of [
      '',
      'weird',
      'run/',
      'run',
      'team/',
      'teams/x',
      'Global',
      'global/x',
      '/run/1',
      ' global',
    ])
      assert.throws(() => namespaceNamed(name), { code: 'input.invalid', message: /name one/ }, name)
    assert.throws(() => namespaceNamed(undefined as never), { code: 'input.invalid' })
  })

  it('is never of a kind that is reserved', () => {
    for (const name of ['live/', 'live/scores', 'live/team/x'])
      assert.throws(() => namespaceNamed(name), {
        code: 'input.invalid',
        message: /reserved for live state.*durable/,
      })
    for (const name of ['tenant/', 'tenant/a', 'tenant/a/team/x', 'tenant/a/global'])
      assert.throws(() => namespaceNamed(name), {
        code: 'input.invalid',
        message: /reserved for tenants.*leave/,
      })
    fc.assert(
      fc.property(namespace, (name) => {
        const refused = name.kind === 'live' || name.tenant !== undefined || ('id' in name && name.id === '')
        const made = namespaceFrom(name)
        if (!refused || (name.kind === 'run' && name.part !== undefined && name.tenant === undefined))
          assert.equal(namespaceNamed(made), made)
        else assert.throws(() => namespaceNamed(made), { code: 'input.invalid' })
      }),
    )
  })

  it('is that of a channel named like one', () => {
    for (const name of ['run/1', 'thread/a', 'subject/a', 'team/x', 'live/x', 'tenant/a/news'])
      assert.equal(namespaceOfChannel(name), name)
    for (const name of ['news', 'wake/x', 'runs/1', '', 'global'])
      assert.equal(namespaceOfChannel(name), 'global')
  })
})
