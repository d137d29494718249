import { deflateSync } from 'node:zlib'
import { zip } from '../fixtures/zip.ts'

/*
 * Documents that were seen to block or kill the process that parsed them: each is small on disk, or of a size
 * that a corpus may have.
 */

const relationships = 'http://schemas.openxmlformats.org/package/2006/relationships'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument'
const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'

/** `paragraphs` empty ones of 7 bytes each, in a part of this name. */
const docx = (paragraphs: number, part = 'word/document.xml'): Buffer =>
  zip({
    '[Content_Types].xml':
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
    '_rels/.rels': `<?xml version="1.0"?><Relationships xmlns="${relationships}"><Relationship Id="r1" Type="${office}" Target="${part}"/></Relationships>`,
    [part]: `<?xml version="1.0"?><w:document xmlns:w="${word}"><w:body>${'<w:p/>'.repeat(paragraphs)}</w:body></w:document>`,
  })

/** One page whose content is packed twice: the outer stream unpacks to megabytes, the inner to `unpackedBytes`. */
const pdf = (unpackedBytes: number): Buffer => {
  const operator = Buffer.from('BT (a) Tj ET\n')
  const content = Buffer.alloc(unpackedBytes, operator)
  const packed = deflateSync(deflateSync(content, { level: 9 }), { level: 9 })
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${packed.length} /Filter [/FlateDecode /FlateDecode] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  const chunks: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  let size = chunks[0]!.length
  for (const [index, object] of objects.entries()) {
    offsets.push(size)
    const body =
      index === 3
        ? Buffer.concat([Buffer.from(`${object}\nstream\n`), packed, Buffer.from('\nendstream')])
        : Buffer.from(object)
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')])
    chunks.push(whole)
    size += whole.length
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const trailer = `xref\n0 6\n0000000000 65535 f \n${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${size}\n%%EOF`
  return Buffer.concat([...chunks, Buffer.from(trailer)])
}

const megabytes = (text: string, count: number): string =>
  text.repeat(Math.ceil((count * 1_000_000) / text.length))

/** By name; `good.md` is the one document that a reader can use. */
export const hostileDocuments: { [name: string]: () => string | Buffer } = {
  'bomb.docx': () => docx(15_000_000),
  'disguised.docx': () => docx(12_000_000, 'word/document.dat'),
  'flate.pdf': () => pdf(400_000_000),
  'brackets.md': () => megabytes('[', 9),
  'links.md': () => megabytes('[a](', 9),
  'tags.md': () => megabytes('<a', 9),
  'lines.md': () => megabytes('a\n', 9),
  'tags.html': () => megabytes('<a', 9),
  'deep.html': () => megabytes('<div>', 0.2),
  'long-line.jsonl': () => `{"title":"${megabytes('a ', 60)}"}`,
  'deep.jsonl': () => `{"title":"t","text":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`,
  'good.md': () =>
    '# Pruning tokens\n\nWe prune visual tokens in multimodal models and measure what is lost.\n',
}
