import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { inflateSync } from 'node:zlib'
import { scopedKnowledge } from '../memory/knowledge/knowledge.ts'
import type { Embedder, ImagePixels } from '../ports/embedder.ts'
import { volatileKnowledge } from '../stores/volatile/knowledge.ts'
import { manualClock } from '../testing/clock.ts'
import { perceptualImageEmbedder } from './perceptual-image.ts'

const folder = new URL('../../test/fixtures/pictures/', import.meta.url)

const paeth = (a: number, b: number, c: number): number => {
  const [toA, toB, toC] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  if (toA <= toB && toA <= toC) return a
  return toB <= toC ? b : c
}

/** Undoes PNG's five filters (W3C PNG 9.2) on rows of 3 bytes a pixel. */
const unfiltered = (raw: Uint8Array, width: number, height: number): Uint8Array => {
  const stride = width * 3
  const out = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x >= 3 ? out[at - 3]! : 0
      const up = y > 0 ? out[at - stride]! : 0
      const corner = x >= 3 && y > 0 ? out[at - stride - 3]! : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!
      out[at] = raw[y * (stride + 1) + 1 + x]! + guess
    }
  }
  return out
}

/** The pixels of a PNG file of 8-bit RGB without interlacing. */
const pixelsOf = (name: string): ImagePixels => {
  const file = readFileSync(new URL(`${name}.png`, folder))
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  assert.deepEqual([file[24], file[25], file[28]], [8, 2, 0])
  const parts: Buffer[] = []
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)))
  const rgb = unfiltered(inflateSync(Buffer.concat(parts)), width, height)
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let pixel = 0; pixel < width * height; pixel++)
    data.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4)
  return { width, height, data }
}

/** Tells texts about flowers from others. */
const flowers: Embedder = {
  id: 'test/flowers',
  dimensions: 2,
  embed: async (texts) =>
    texts.map((text) => (/rose|flower|bloom/.test(text) ? Float32Array.of(1, 0) : Float32Array.of(0, 1))),
}

it('holds texts, pictures and sound in one store, each found by its own embedder or by its words', async () => {
  const clock = manualClock()
  const knowledge = scopedKnowledge({
    ...{ store: volatileKnowledge({ clock }), namespace: 'n', clock },
    embedder: async () => flowers,
    imageEmbedder: perceptualImageEmbedder,
  })
  const sound = (...values: number[]) => ({ embedder: 'my/sound', values: Float32Array.from(values) })
  const captions = { rose: 'a photograph from the garden', granite: 'a stone', wizard: 'a wizard who draws' }
  for (const [id, text] of Object.entries(captions)) await knowledge.add({ id, text, image: pixelsOf(id) })
  await knowledge.add({ id: 'note', text: 'what blooms in May' })
  await knowledge.add({ id: 'bell', modality: 'audio', text: 'a bell rings', vectors: [sound(1, 0)] })
  await knowledge.add({ id: 'rain', modality: 'audio', text: 'rain on a roof', vectors: [sound(0, 1)] })
  await knowledge.embed()
  const ids = async (...asked: Parameters<typeof knowledge.search>) =>
    (await knowledge.search(...asked)).map(({ document }) => document.id)

  for (const changed of ['rose-half-jpeg', 'rose-brighter-cropped']) {
    const [first, second] = await knowledge.search({ image: pixelsOf(changed) })
    assert.equal(first?.document.id, 'rose', changed)
    assert.ok(first.score > 0.9 && second!.score < 0.7, `${changed}: ${first.score}, ${second?.score}`)
  }
  assert.deepEqual((await ids({ image: pixelsOf('granite') })).sort(), ['granite', 'rose', 'wizard'])
  assert.equal((await ids('garden photograph'))[0], 'rose')
  assert.equal((await ids('a rose'))[0], 'note', 'what a picture shows is not known to words')
  assert.deepEqual(await ids({ vector: sound(0.1, 0.9) }), ['rain', 'bell'])
  assert.equal((await ids('bell', { filter: { modality: 'audio' } }))[0], 'bell')
})
