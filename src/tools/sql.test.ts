import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { call, testContext } from './fixtures/context.ts'
import { type SqlToolOptions, sqlTool } from './sql.ts'

const shop = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-sql-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'shop.db')
  const database = new DatabaseSync(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer(id), cents INTEGER, data BLOB);
    CREATE VIEW spent AS SELECT customer, sum(cents) AS cents FROM purchase GROUP BY customer;
    CREATE VIRTUAL TABLE note USING fts5(text);
    INSERT INTO customer VALUES (1, 'Ada'), (2, 'Bo');
    INSERT INTO purchase VALUES (1, 1, 250, x'00ff'), (2, 1, 9223372036854775807, NULL);
    INSERT INTO note VALUES ('a red bicycle'), ('a blue car');
  `)
  database.close()
  return file
}

const sqlOf = (t: TestContext, options: Partial<SqlToolOptions> = {}) =>
  sqlTool({ file: shop(t), timeoutMs: 20_000, ...options })

test('returns columns and rows, with parameters by position and by name', async (t) => {
  const sql = sqlOf(t)
  assert.deepEqual(
    await call(sql, { sql: 'SELECT id, name FROM customer WHERE name = ?', parameters: ['Bo'] }),
    {
      kind: 'rows',
      columns: ['id', 'name'],
      rows: [[2, 'Bo']],
      truncated: false,
    },
  )
  const named = {
    sql: 'SELECT 5 / :n AS a, :yes AS a, :none AS c;  -- a comment',
    parameters: { n: 2, yes: true, none: null },
  }
  assert.deepEqual(await call(sql, named), {
    kind: 'rows',
    columns: ['a', 'a', 'c'],
    rows: [[2, 1, null]],
    truncated: false,
  })
})

test('values that JSON cannot hold come back whole', async (t) => {
  const answer = await call(sqlOf(t), { sql: 'SELECT cents, data, 9e999 FROM purchase ORDER BY id' })
  assert.deepEqual(answer.kind === 'rows' && answer.rows, [
    [250, { bytes: 2, base64: 'AP8=' }, 'Infinity'],
    ['9223372036854775807', null, 'Infinity'],
  ])
})

test('without a statement it describes tables, views, columns and keys', async (t) => {
  const answer = await call(sqlOf(t), {})
  assert.ok(answer.kind === 'schema')
  const purchase = answer.tables.find(({ name }) => name === 'purchase')
  assert.deepEqual(purchase?.columns[0], { name: 'id', type: 'INTEGER', notNull: false, primaryKey: true })
  assert.deepEqual(purchase?.foreignKeys, [{ columns: ['customer'], table: 'customer', references: ['id'] }])
  assert.equal(answer.tables.find(({ name }) => name === 'spent')?.type, 'view')
})

test('views, full-text search, recursion and describing pragmas may be read', async (t) => {
  const sql = sqlOf(t)
  for (const [statement, expected] of [
    ["SELECT text FROM note WHERE note MATCH 'red'", [['a red bicycle']]],
    ['SELECT customer FROM spent WHERE customer = 2', []],
    [
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3) SELECT sum(x) FROM c',
      [[6]],
    ],
    ["SELECT name FROM pragma_table_info('customer')", [['id'], ['name']]],
  ] as const) {
    const answer = await call(sql, { sql: statement })
    assert.deepEqual(answer.kind === 'rows' && answer.rows, expected, statement)
  }
})

test('whatever would not only read is refused, and the files do not change', async (t) => {
  const file = shop(t)
  const sql = sqlTool({ file, timeoutMs: 20_000 })
  const before = readFileSync(file)
  for (const statement of [
    "INSERT INTO customer VALUES (3, 'Eve')",
    'UPDATE customer SET name = 1',
    'DELETE FROM customer RETURNING id',
    'DROP TABLE customer',
    'CREATE TABLE t (x)',
    'CREATE TEMP TABLE t (x)',
    "ATTACH DATABASE 'other.db' AS x",
    "ATTACH DATABASE ':memory:' AS x",
    'DETACH DATABASE main',
    "VACUUM INTO 'copy.db'",
    'VACUUM',
    'PRAGMA journal_mode = DELETE',
    'PRAGMA query_only = 0',
    'PRAGMA writable_schema = 1',
    'PRAGMA hard_heap_limit = 0',
    'PRAGMA temp_store_directory = "/"',
    "SELECT load_extension('other.so')",
    "SELECT fts3_tokenizer('simple')",
    'BEGIN IMMEDIATE',
    'SAVEPOINT s',
    'REINDEX',
    'ANALYZE',
    "INSERT INTO note(note) VALUES ('optimize')",
    'WITH c AS (SELECT 1) INSERT INTO customer SELECT 9, 9',
    'EXPLAIN DELETE FROM customer',
    'SELECT 1; DROP TABLE customer',
    'SELECT 1; SELECT 2',
  ])
    await assert.rejects(
      call(sql, { sql: statement }),
      { code: /^tool\.(forbidden|input-invalid)$/ },
      statement,
    )
  assert.deepEqual(readFileSync(file), before)
  assert.ok(readdirSync(join(file, '..')).every((name) => name.startsWith('shop.db')))
})

test('wrong SQL says what is wrong', async (t) => {
  const sql = sqlOf(t)
  for (const statement of ['SELEC 1', 'SELECT * FROM nothing', ';', '-- only a comment', 'SELECT "\0"'])
    await assert.rejects(call(sql, { sql: statement }), { code: 'tool.input-invalid' }, statement)
  await assert.rejects(call(sql, { sql: 'SELECT :a', parameters: { b: 1 } }), { code: 'tool.input-invalid' })
})

test('rows and bytes are bounded, and it says so', async (t) => {
  const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c'
  const rows = await call(sqlOf(t, { rowsMax: 3 }), { sql: endless })
  assert.deepEqual(rows.kind === 'rows' && [rows.rows, rows.truncated], [[[1], [2], [3]], true])
  const bytes = await call(sqlOf(t, { bytesMax: 1000, rowsMax: 1e6 }), { sql: endless })
  assert.ok(bytes.kind === 'rows' && bytes.truncated && JSON.stringify(bytes.rows).length <= 1400)
  const exact = await call(sqlOf(t, { rowsMax: 2 }), { sql: 'SELECT id FROM customer' })
  assert.equal(exact.kind === 'rows' && exact.truncated, false)
})

/** Resolves when this process has no child any more. */
const childless = async (): Promise<void> => {
  while (process.getActiveResourcesInfo().includes('ProcessWrap'))
    await new Promise((resolve) => setImmediate(resolve))
}

test('a statement that does not end is killed, together with its process', async (t) => {
  const file = shop(t)
  const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'
  await assert.rejects(call(sqlTool({ file, timeoutMs: 1000 }), { sql: endless }), { code: 'tool.timeout' })
  const controller = new AbortController()
  const pending = call(
    sqlTool({ file, timeoutMs: 60_000 }),
    { sql: endless },
    testContext({ signal: controller.signal }),
  )
  setImmediate(() => controller.abort(new Error('cancelled by the test')))
  await assert.rejects(pending, /cancelled by the test/)
  await childless()
})

test('a statement that needs too much memory ends as an ordinary error', async (t) => {
  const sql = sqlOf(t, { memoryBytesMax: 64 * 1024 * 1024 })
  for (const statement of [
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c ORDER BY -x',
    'SELECT zeroblob(1000000000)',
    "SELECT replace(hex(zeroblob(400000)), '00', hex(zeroblob(400000)))",
  ])
    await assert.rejects(call(sql, { sql: statement }), { code: 'tool.input-invalid' }, statement)
})

test('a file that is missing, or no database, fails clearly and is not created', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-sql-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const missing = sqlTool({ file: join(folder, 'missing.db'), timeoutMs: 20_000 })
  await assert.rejects(call(missing, {}), { code: 'tool.failed', message: /must open: unable to open/ })
  assert.deepEqual(readdirSync(folder), [])
  writeFileSync(join(folder, 'text.db'), 'this is not a database, whatever its name says'.repeat(100))
  const text = sqlTool({ file: join(folder, 'text.db'), timeoutMs: 20_000 })
  await assert.rejects(call(text, { sql: 'SELECT * FROM sqlite_schema' }), { message: /not a database/ })
})
