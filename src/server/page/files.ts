import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

type Bytes = Uint8Array<ArrayBuffer>

/** A file of the page as it is sent. */
export type PageFile = {
  type: string
  etag: string
  plain: Bytes
  /** Compressed when it is first asked for. */
  packed(encoding: Encoding): Promise<Bytes>
  /** Its name changes with its content. */
  immutable: boolean
}

export const encodings = ['br', 'gzip'] as const
export type Encoding = (typeof encodings)[number]

const types: { [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }

const compress: { [encoding in Encoding]: (bytes: Bytes) => Promise<Uint8Array> } = {
  br: (bytes) => brotli(bytes, quality),
  gzip: (bytes) => zip(bytes),
}

const fileOf = async (path: string, name: string): Promise<PageFile> => {
  const plain = new Uint8Array(await readFile(path))
  const made = new Map<Encoding, Promise<Bytes>>()
  return {
    type: types[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    packed(encoding) {
      const bytes = made.get(encoding) ?? compress[encoding](plain).then((done) => new Uint8Array(done))
      made.set(encoding, bytes)
      return bytes
    },
    immutable: name.startsWith('/assets/'),
  }
}

/** The page's files by the path they are served at; `/` is `index.html`. Undefined: none is built. */
export const pageFiles = async (folder: string): Promise<ReadonlyMap<string, PageFile> | undefined> => {
  let names: string[]
  try {
    names = await readdir(folder, { recursive: true })
  } catch {
    return undefined
  }
  const files = new Map<string, PageFile>()
  for (const name of names) {
    if (types[extname(name)] === undefined) continue
    const path = `/${name.replaceAll('\\', '/')}`
    files.set(path === '/index.html' ? '/' : path, await fileOf(join(folder, name), path))
  }
  return files.has('/') ? files : undefined
}
