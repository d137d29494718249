import { hash } from 'node:crypto'

/** Where a stream stands: its last event's version and digest (hex). */
export type StreamHead = { stream: string; version: number; digest: string }

/**
 * A signed statement about all streams at one instant. `root` covers every stream's head as of `position`; `previous` is the digest of the checkpoint
 * before, so that checkpoints are a chain too. `key` is the public key (SPKI, DER, base64); `signature` is Ed25519 (RFC 8032) over `checkpointBytes`, base64.
 */
export type Checkpoint = {
  format: 1 | 2
  number: number
  at: number
  position: number
  streams: number
  root: string
  /** The digest (hex) of the newest commit, null before the first; not in format 1, which 0.1 made. */
  commits?: string | null
  previous: string | null
  key: string
  signature: string
}

const sha256 = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex')

/** What is signed: the fields in a fixed order as JSON, after a name that no other message of Concord begins with. */
export const checkpointBytes = (c: Omit<Checkpoint, 'signature'>): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify([
      'concord.checkpoint',
      c.format,
      c.number,
      c.at,
      c.position,
      c.streams,
      c.root,
      c.previous,
      c.key,
      ...(c.format === 1 ? [] : [c.commits ?? null]),
    ]),
  )

/** The checkpoint's own digest, which the next one names as `previous`. */
export const checkpointDigest = (checkpoint: Checkpoint): string => {
  const text = new TextDecoder().decode(checkpointBytes(checkpoint))
  return sha256(JSON.stringify([text, checkpoint.signature]))
}

const leaf = ({ stream, version, digest }: StreamHead): Buffer =>
  hash('sha256', Buffer.from(`\0${JSON.stringify([stream, version, digest])}`), 'buffer')

const node = (left: Buffer, right: Buffer): Buffer =>
  hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer')
const nodePrefix = Buffer.from([1])

/**
 * The Merkle tree hash (RFC 9162, 2.1.1) over the heads in order of name, as hex. A tree rather than one long digest, so that a single stream's head can be
 * proved to others without the names of the rest.
 */
export const headsRoot = (heads: readonly StreamHead[]): string => {
  const sorted = [...heads].sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0))
  // Complete subtrees of the leaves so far, the largest first; each knows its height.
  const stack: { hash: Buffer; height: number }[] = []
  for (const head of sorted) {
    let top = { hash: leaf(head), height: 0 }
    for (let last = stack.at(-1); last?.height === top.height; last = stack.at(-1)) {
      stack.pop()
      top = { hash: node(last.hash, top.hash), height: top.height + 1 }
    }
    stack.push(top)
  }
  let root = stack.pop()?.hash
  if (root === undefined) return sha256('')
  for (let left = stack.pop(); left !== undefined; left = stack.pop()) root = node(left.hash, root)
  return root.toString('hex')
}

/** Versions of a stream, both ends included. */
export type VersionRange = { stream: string; from: number; to: number }

/**
 * A stream whose events up to `version` were dropped. Its head stays provable: `digest` is what the chain goes on from, `first` and `last` are the positions of
 * what was dropped, `heads` where the stream stood (version, digest) at the checkpoints whose position lies between them.
 */
export type DroppedStream = StreamHead & {
  first: number
  last: number
  heads: { position: number; version: number; digest: string }[]
}
