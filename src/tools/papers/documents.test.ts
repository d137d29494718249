import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { zip } from '../../../test/fixtures/zip.ts'
import { loadCorpus } from './documents.ts'
import { lazily } from './lazy.ts'

type Content = string | Uint8Array

const folder = async (files: { [path: string]: Content }) => {
  const path = await mkdtemp(join(tmpdir(), 'concord-corpus-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), content)
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const docx = (...paragraphs: [text: string, style?: string][]): Buffer =>
  zip({
    '[Content_Types].xml':
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    '_rels/.rels':
      '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="${WORD}"><w:body>${paragraphs
      .map(
        ([text, style]) =>
          `<w:p>${style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : ''}<w:r><w:t>${text}</w:t></w:r></w:p>`,
      )
      .join('')}</w:body></w:document>`,
  })

/** One page of Helvetica, lines of [size, text], with a correct cross-reference table. */
const pdf = (lines: [size: number, text: string][], info = ''): Buffer => {
  let y = 780
  const content = lines.map(([size, text]) => {
    y -= size * 1.4
    return `BT /F1 ${size} Tf 50 ${y.toFixed(1)} Td (${text.replace(/[\\()]/g, '\\$&')}) Tj ET`
  })
  const stream = content.join('\n')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< ${info} >>`,
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const at = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  text += `xref\n0 7\n0000000000 65535 f \n${table}trailer << /Size 7 /Root 1 0 R /Info 6 0 R >>\nstartxref\n${text.length}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}

const BODY =
  'Vision tokens dominate the cost of multimodal models. We drop most of them without losing accuracy.'

test('reads every kind of file, with title and abstract from the content', async () => {
  await using it = await folder({
    'a.md': `---\ntitle: "Front: matter"\nauthors:\n  - Ada Lovelace\n  - Alan Turing\ndate: 2025-03-18\n---\n# Ignored\n\n## Abstract\n\n${BODY}\n\n## Method\n\nText.`,
    'b.md': `Setext title\n============\n\nSome **bold** [link](https://example.org/x) and \`code\`.\n\n\`\`\`js\n# no title\n\`\`\`\n`,
    'c.txt': `A plain title\n\nAbstract. ${BODY}\n\n1 Introduction\n\nMore text follows here.\n`,
    'deep/d.html': `<html><head><title>Site | Page</title><meta name="citation_title" content="Cited title"><meta name="citation_author" content="Grace Hopper"><meta name="citation_date" content="2024/05/06"></head><body><nav><a href="/">Menu</a></nav><article><h1>Head</h1><h2>Abstract</h2><p>${BODY}</p><h2>Next</h2><p>${'Long text of the article follows. '.repeat(20)}</p></article><script>document.title='x'</script><footer>Imprint</footer></body></html>`,
    'e.docx': docx(
      ['Word title', 'Heading1'],
      ['Abstract', 'Heading2'],
      [BODY],
      ['Introduction', 'Heading2'],
      ['Rest of it.'],
    ),
    'f.jsonl': `{"id":"2501.00001v2","title":"Record","abstract":"${BODY}","authors":["A B"],"categories":"cs.CL cs.CV","update_date":"2025-01-02"}\n{"text":"Just text without a title. And more of it."}\n`,
    'g.pdf': pdf(
      [
        [20, 'A Title Set Large'],
        [10, 'Abstract'],
        [10, 'Vision tokens dominate the cost of multi-'],
        [10, 'modal models. We drop most of them.'],
        [10, '1 Introduction'],
        [10, 'The rest of this page is short.'],
      ],
      '/Title (paper.dvi) /Author (A. Author and B. Author) /CreationDate (D:20240102030405Z)',
    ),
  })
  const seen: string[] = []
  const { papers, skipped } = await loadCorpus(it.path, {
    onProgress: ({ done, total, path }) => seen.push(`${done}/${total} ${path}`),
  })
  assert.deepEqual(skipped, [])
  assert.deepEqual([seen.length, seen[0], seen.at(-1)], [7, '1/7 a.md', '7/7 g.pdf'])
  const brief = papers.map(({ id, title, abstract, authors, published }) => ({
    id,
    title,
    abstract,
    authors,
    published,
  }))
  assert.deepEqual(brief, [
    {
      id: 'a.md',
      title: 'Front: matter',
      abstract: BODY,
      authors: ['Ada Lovelace', 'Alan Turing'],
      published: '2025-03-18',
    },
    { id: 'b.md', title: 'Setext title', abstract: 'Some bold link and code.', authors: [], published: '' },
    { id: 'c.txt', title: 'A plain title', abstract: BODY, authors: [], published: '' },
    {
      id: 'deep/d.html',
      title: 'Cited title',
      abstract: BODY,
      authors: ['Grace Hopper'],
      published: '2024-05-06',
    },
    { id: 'e.docx', title: 'Word title', abstract: BODY, authors: [], published: '' },
    { id: '2501.00001', title: 'Record', abstract: BODY, authors: ['A B'], published: '2025-01-02' },
    {
      id: 'f.jsonl:2',
      title: 'Just text without a title. And more of it',
      abstract: 'Just text without a title. And more of it.',
      authors: [],
      published: '',
    },
    {
      id: 'g.pdf',
      title: 'A Title Set Large',
      abstract: 'Vision tokens dominate the cost of multimodal models. We drop most of them.',
      authors: ['A. Author', 'B. Author'],
      published: '2024-01-02',
    },
  ])
  const html = papers[3]!.fullText ?? ''
  assert.ok(html.includes('Long text of the article') && !/Menu|Imprint|document\.title/.test(html), html)
  assert.doesNotMatch(papers[1]!.fullText ?? '', /no title|\*\*|https:/)
  assert.match(papers[0]!.url, /^file:\/\/.*a\.md$/)
})

test('reads a single file as a corpus', async () => {
  await using it = await folder({ 'one.txt': `Title\n\n${BODY}` })
  const { papers } = await loadCorpus(join(it.path, 'one.txt'))
  assert.deepEqual(
    papers.map(({ id, abstract }) => [id, abstract]),
    [['one.txt', BODY]],
  )
})

test('takes the field names of common datasets and skips malformed lines with file, line and reason', async () => {
  await using it = await folder({
    'mixed.jsonl': [
      '\uFEFF{"doc_id": 7, "title": "SciFact style", "abstract": ["One sentence.", "Another."]}',
      '{"paper_id":"p1","name":"Names","summary":"S.","authors":[{"first":"A","last":"B"},{"name":"C D"}],"year":2023,"tags":["x","y"]}',
      '{"id":"0704.0001","title":"Dump","abstract":"S.","authors_parsed":[["Balázs","C.",""]],"url":"javascript:alert(1)"}',
      '{"title": "cut off',
      '[1,2]',
      'null',
      '{"id": 3}',
      '{"id": 9007199254740993, "title": "An id that a number cannot hold", "abstract": "S."}',
      '',
      '{"title":"__proto__","abstract":"Words.","__proto__":{"id":"evil"}}',
    ].join('\r\n'),
  })
  const { papers, skipped } = await loadCorpus(it.path)
  assert.deepEqual(
    papers.map(({ id, title, abstract, authors, published, categories, url }) => [
      id,
      title,
      abstract,
      authors,
      published,
      categories,
      url,
    ]),
    [
      ['7', 'SciFact style', 'One sentence. Another.', [], '', [], ''],
      ['p1', 'Names', 'S.', ['A B', 'C D'], '2023', ['x', 'y'], ''],
      ['0704.0001', 'Dump', 'S.', ['C. Balázs'], '', [], 'https://arxiv.org/abs/0704.0001'],
      ['mixed.jsonl:10', '__proto__', 'Words.', [], '', [], ''],
    ],
  )
  assert.deepEqual(
    skipped.map(({ path, reason }) => [path, reason.replace(/\(.*\)/, '(…)')]),
    [
      ['mixed.jsonl:4', 'not JSON (…)'],
      ['mixed.jsonl:5', 'not a JSON object'],
      ['mixed.jsonl:6', 'not a JSON object'],
      ['mixed.jsonl:7', 'a record without title, abstract and text'],
      ['mixed.jsonl:8', 'not JSON (…)'],
    ],
  )
})

test('skips what is hostile or broken, with reasons, and keeps the rest', async () => {
  const bomb = zip({ 'word/document.xml': Buffer.alloc(150_000_000) }, 1000)
  await using it = await folder({
    'good.txt': `Good\n\n${BODY}`,
    'binary.txt': Uint8Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256),
    'controls.md': 'ab\u0001\u0002\u0003\u0004'.repeat(100),
    'broken.pdf': '%PDF-1.7\nnot really',
    'fake.pdf': '<html>moved</html>',
    'bomb.docx': bomb,
    'fake.docx': 'PK but no zip',
    'half.docx': docx(['x']).subarray(0, 300),
    'blank.html': '<html><body><script>1</script></body></html>',
    'empty.md': '',
    'picture.png': 'x',
    'huge.txt': 'Huge',
    '.hidden/secret.txt': BODY,
    'node_modules/x.md': BODY,
  })
  await truncate(join(it.path, 'huge.txt'), 11_000_000)
  const { papers, skipped } = await loadCorpus(it.path)
  assert.deepEqual(
    papers.map(({ id }) => id),
    ['good.txt'],
  )
  const reasons = Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]))
  for (const [path, reason] of Object.entries({
    'binary.txt': /binary/,
    'controls.md': /binary/,
    'broken.pdf': /unreadable pdf/,
    'fake.pdf': /unreadable pdf/,
    'bomb.docx': /unpacks to more/,
    'fake.docx': /no zip/,
    'half.docx': /unreadable docx/,
    'blank.html': /no words/,
    'empty.md': /empty/,
    'picture.png': /kind \.png/,
    'huge.txt': /11000000 bytes/,
  }))
    assert.match(reasons[path] ?? '(not skipped)', reason, path)
  assert.equal(Object.keys(reasons).length, 11)
})

test('reads other encodings', async () => {
  await using it = await folder({
    'utf16.txt': Buffer.from('\uFEFFÜber Modelle\n\nEin Satz steht hier.', 'utf16le'),
    'latin.txt': Buffer.from('Caf\xe9 models\n\nOne sentence stands here.', 'latin1'),
  })
  const { papers } = await loadCorpus(it.path)
  assert.deepEqual(
    papers.map(({ title }) => title),
    ['Café models', 'Über Modelle'],
  )
})

test('survives deeply nested, huge and tricky HTML without asking the network', async (t) => {
  const asked: unknown[] = []
  t.mock.method(globalThis, 'fetch', (url: unknown) => {
    asked.push(url)
    return Promise.reject(new Error('no network in this test'))
  })
  await using it = await folder({
    'nested.html': `${'<div>'.repeat(20_000)}Deep words here.${'</div>'.repeat(20_000)}`,
    'open.html': '<p>Unclosed <b>bold <i>text stays readable<table><tr><td>cell',
    'video.html': `<html><head><link rel="canonical" href="https://www.youtube.com/watch?v=abc"><meta property="og:url" content="https://www.youtube.com/watch?v=abc"><script type="application/ld+json">{broken</script></head><body><h1>Video page</h1><p>${BODY}</p></body></html>`,
    'many.html': `<html><body>${'<p>A paragraph of several words, again &amp; again.</p>'.repeat(9_000)}<!-- no --><script>if (a < b) c()</script></body></html>`,
  })
  const { papers, skipped } = await loadCorpus(it.path)
  assert.deepEqual(skipped, [])
  assert.deepEqual(
    papers.map(({ id }) => id),
    ['many.html', 'nested.html', 'open.html', 'video.html'],
  )
  assert.equal(papers[0]!.fullText?.split('\n\n').length, 9_000)
  assert.doesNotMatch(papers[0]!.fullText ?? '', /<|&amp;|c\(\)|no/)
  assert.match(papers[1]!.fullText ?? '', /Deep words here/)
  assert.match(papers[2]!.fullText ?? '', /text stays readable/)
  assert.deepEqual(asked, [])
})

test('takes time in proportion to the size of hostile text', { timeout: 120_000 }, async () => {
  const size = 2_000_000
  const filled = (piece: string, end = '') => piece.repeat(size / piece.length) + end
  await using it = await folder({
    'comments.md': `# Title of comments\n\n${filled('<!--')}`,
    'hashes.md': `# ${filled('#', 'x')}`,
    'tags.md': `# Title of tags\n\n${filled('<a')}`,
    'stars.md': `# Title of stars\n\n${filled('**a __b ')}`,
    'brackets.md': `# Title of brackets\n\n${filled('![[')}`,
    'spaces.md': `# Title of spaces\n\n${filled(' ', 'x words')}`,
    'fences.md': `# Title of fences\n\n${filled('```\n~~~\n')}words`,
    'blanks.txt': `Title of blanks\n${filled('\n \t', 'words')}`,
    'inline.html': `<h1>Title of inline</h1>${filled('<b> </b>')}words`,
    'angles.html': `<h1>Title of angles</h1>${filled('<')}`,
    'authors.jsonl': JSON.stringify({ title: 'Title of authors', authors: filled(' ', 'x') }),
    'abstracts.txt': `Title of abstracts\n\n${filled('Abstract\n\n')}`,
  })
  const { papers, skipped } = await loadCorpus(it.path)
  const mayHoldNoWords = ['hashes.md', 'fences.md']
  assert.deepEqual(
    skipped.filter(({ path }) => !mayHoldNoWords.includes(path)),
    [],
  )
  assert.ok(papers.length >= 10, `${papers.length}`)
})

test('follows links within the corpus once, and none out of it or in a circle', async () => {
  await using outside = await folder({ 'secret.txt': `Secret\n\n${BODY}` })
  await using it = await folder({ 'sub/a.txt': `Alpha\n\n${BODY}` })
  await symlink(it.path, join(it.path, 'sub/loop'))
  await symlink('self', join(it.path, 'self'))
  await symlink(join(it.path, 'sub'), join(it.path, 'again'))
  await symlink(outside.path, join(it.path, 'out'))
  await symlink('nowhere', join(it.path, 'dangling.txt'))
  const { papers, skipped } = await loadCorpus(it.path)
  assert.equal(papers.length, 1)
  assert.deepEqual(
    skipped.map(({ path, reason }) => [path, reason]),
    [
      ['dangling.txt', 'a link that leads nowhere'],
      ['out', 'a link that leads out of the corpus'],
      ['self', 'a link that leads to itself'],
    ],
  )
})

test('stops at its bounds and says what was left out', async () => {
  await using it = await folder({
    ...Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`t${at}.txt`, `Title ${at}\n\n${BODY}`])),
    'a/b/c/d.txt': BODY,
    'many.jsonl': Array.from({ length: 9 }, (_, at) =>
      JSON.stringify({ id: `r${at}`, title: `R${at}` }),
    ).join('\n'),
  })
  const few = await loadCorpus(it.path, { limits: { filesMax: 7, skippedMax: 1 } })
  assert.deepEqual(
    few.papers.map(({ id }) => id).filter((id) => id.startsWith('t')),
    ['t0.txt', 't1.txt'],
  )
  assert.match(few.skipped[0]!.reason, /more than 7 entries/)
  const { skipped, papers } = await loadCorpus(it.path, { limits: { recordsMax: 4, depthMax: 1 } })
  assert.equal(papers.filter(({ id }) => id.startsWith('r')).length, 4)
  assert.deepEqual(
    skipped.map(({ reason }) => reason),
    ['deeper than 1 folders', 'more than 4 records: the rest is left out'],
  )
})

test('names papers that came twice', async () => {
  const title = 'Pruning visual tokens in multimodal models'
  await using it = await folder({
    'a.txt': `${title}\n\n${BODY}`,
    'b.md': `# ${title}\n\n${BODY}`,
    '2401.12345v2.txt': BODY,
  })
  const { papers, skipped } = await loadCorpus(it.path)
  assert.deepEqual(
    papers.map(({ id, url }) => [id, url.slice(0, 8)]),
    [
      ['2401.12345', 'https://'],
      ['a.txt', 'file:///'],
    ],
  )
  assert.deepEqual(skipped, [{ path: 'b.md', reason: `the same as an earlier paper: ${title}` }])
})

test('a corpus that is missing, empty, of another kind or without words is unreadable, with the way out', async () => {
  await using it = await folder({ 'empty/.keep': '', 'junk/a.bin': 'x', 'x.zip': 'x', 'void.jsonl': '\n\n' })
  for (const [path, now] of [
    ['nowhere', 'there is none'],
    ['empty', 'it is empty'],
    ['junk', 'all 1 entries were skipped, a.bin: files of kind .bin are not read'],
    ['x.zip', 'files of kind .zip are not read'],
    ['void.jsonl', 'it is empty'],
  ] as const)
    await assert.rejects(loadCorpus(join(it.path, path)), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'corpus.unreadable')
      assert.ok(error.message.includes(`: ${now}; give a file or folder`), error.message)
      return true
    })
})

test('a folder without permission is unreadable', {
  skip: process.getuid?.() === 0 && 'root may read everything',
}, async () => {
  await using it = await folder({ 'a.txt': BODY })
  await chmod(it.path, 0)
  await assert.rejects(loadCorpus(it.path), { code: 'corpus.unreadable', message: /EACCES|permission/ })
  await chmod(it.path, 0o700)
})

test('stops when aborted', async () => {
  await using it = await folder({ 'a.txt': BODY, 'b.txt': BODY })
  const stop = new AbortController()
  await assert.rejects(
    loadCorpus(it.path, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) }),
    /enough/,
  )
})

test('a package that is not installed is named with the command that installs it', async () => {
  const name: string = 'concord-no-such-package'
  await assert.rejects(
    lazily('read scrolls', name, () => import(name)),
    {
      code: 'package.missing',
      message:
        /^Cannot read scrolls as this needs concord-no-such-package: it is not installed; run: npm install concord-no-such-package$/,
    },
  )
  await assert.rejects(
    lazily('x', 'y', () => Promise.reject(new Error('broken inside'))),
    /broken inside/,
  )
})

const pdfs = resolve(process.env.CONCORD_DATA ?? '../shared/data', 'arxiv/pdf')

test('reads real papers: title, abstract, authors, mended words', {
  skip: !existsSync(pdfs) && `no ${pdfs} (set CONCORD_DATA)`,
}, async () => {
  const { papers } = await loadCorpus(pdfs)
  const [specter, graph] = papers
  assert.equal(
    specter?.title,
    'SPECTER: Document-level Representation Learning using Citation-informed Transformers',
  )
  assert.match(
    specter?.abstract ?? '',
    /^Representation learning is a critical ingredient .* baselines on the benchmark\.1?$/,
  )
  assert.equal(graph?.title, 'Construction of the Literature Graph in Semantic Scholar')
  assert.match(
    graph?.abstract ?? '',
    /^We describe a deployed scalable system .* enable semantic features in www\.semanticscholar\.org\.$/,
  )
  assert.equal(graph?.authors.length, 23)
  for (const text of [specter?.fullText ?? '', graph?.fullText ?? '']) {
    assert.ok(text.length > 30_000)
    assert.match(text, /\n\n1 Introduction\n\n/)
    assert.match(text, /\n\nReferences\n\n/)
    assert.ok((text.match(/\p{Ll}-\n|\p{Ll}- \p{Ll}/gu)?.length ?? 0) < 10, 'words divided at line ends')
  }
})
