import { ConcordError } from '../domain/errors.ts'
import type { ImageEmbedder, ImagePixels } from '../ports/embedder.ts'

export const perceptualImageId = 'offline/perceptual-image-1'

const side = 32
const lowest = 8
const cells = 4
const directions = 8
const structureSize = lowest * lowest - 1
const colourSize = cells * cells * 2
const gradientSize = cells * cells * directions
const dimensions = structureSize + colourSize + gradientSize

type Plane = Float64Array

/** Means of the pixels under each of 32 x 32 cells: luma and two colour differences (ITU-R BT.601), over white where transparent. */
const reduced = ({ width, height, data }: ImagePixels): [Plane, Plane, Plane] => {
  const planes: [Plane, Plane, Plane] = [
    new Float64Array(side * side),
    new Float64Array(side * side),
    new Float64Array(side * side),
  ]
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const [top, left] = [Math.floor((row * height) / side), Math.floor((column * width) / side)]
      const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / side))
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / side))
      const sums: [number, number, number] = [0, 0, 0]
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          const at = (y * width + x) * 4
          const opacity = data[at + 3]! / 255
          for (let channel = 0; channel < 3; channel++)
            sums[channel]! += (data[at + channel]! / 255) * opacity + (1 - opacity)
        }
      const count = (bottom - top) * (right - left)
      const [red, green, blue] = sums.map((sum) => sum / count) as [number, number, number]
      const luma = 0.299 * red + 0.587 * green + 0.114 * blue
      const cell = row * side + column
      planes[0][cell] = luma
      planes[1][cell] = blue - luma
      planes[2][cell] = red - luma
    }
  return planes
}

/** The 8 x 8 lowest frequencies of the discrete cosine transform but the mean, as perceptual hashes take them; only the signs' strength is kept (square root). */
const structure = (luma: Plane): number[] => {
  const basis = (frequency: number, at: number) => Math.cos(((2 * at + 1) * frequency * Math.PI) / (2 * side))
  const found: number[] = []
  for (let v = 0; v < lowest; v++)
    for (let u = 0; u < lowest; u++) {
      if (u === 0 && v === 0) continue
      let sum = 0
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) sum += luma[y * side + x]! * basis(u, x) * basis(v, y)
      found.push(Math.sign(sum) * Math.sqrt(Math.abs(sum)))
    }
  return found
}

const cellOf = (x: number, y: number): number =>
  Math.floor((y * cells) / side) * cells + Math.floor((x * cells) / side)

const colours = ([, blueness, redness]: readonly [Plane, Plane, Plane]): number[] => {
  const found = new Array<number>(colourSize).fill(0)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      found[cellOf(x, y) * 2]! += blueness[y * side + x]!
      found[cellOf(x, y) * 2 + 1]! += redness[y * side + x]!
    }
  return found
}

/** Histograms of gradient directions per cell (Dalal and Triggs, CVPR 2005), opposite directions apart. */
const gradients = (luma: Plane): number[] => {
  const found = new Array<number>(gradientSize).fill(0)
  for (let y = 1; y < side - 1; y++)
    for (let x = 1; x < side - 1; x++) {
      const dx = luma[y * side + x + 1]! - luma[y * side + x - 1]!
      const dy = luma[(y + 1) * side + x]! - luma[(y - 1) * side + x]!
      const strength = Math.hypot(dx, dy)
      if (strength < 1e-6) continue
      const turn = ((Math.atan2(dy, dx) + Math.PI) / (2 * Math.PI)) * directions
      const low = Math.floor(turn) % directions
      const share = turn - Math.floor(turn)
      found[cellOf(x, y) * directions + low]! += strength * (1 - share)
      found[cellOf(x, y) * directions + ((low + 1) % directions)]! += strength * share
    }
  return found
}

/** Scaled to a length; a part that is next to nothing (no colour, no edges) stays nothing. */
const scaled = (values: readonly number[], length: number): number[] => {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return norm < 1e-6 ? values.map(() => 0) : values.map((value) => (value / norm) * length)
}

const describe = (image: ImagePixels): Float32Array => {
  const { width, height, data = new Uint8Array() } = image
  if (!(width > 0 && height > 0) || data.length !== width * height * 4)
    throw new ConcordError(
      'input.invalid',
      `Cannot embed an image as its data are 4 bytes a pixel: ${data.length} bytes for ${width} x ${height}; decode it first`,
    )
  const planes = reduced(image)
  const parts = [
    ...scaled(structure(planes[0]), Math.sqrt(0.4)),
    ...scaled(colours(planes), Math.sqrt(0.3)),
    ...scaled(gradients(planes[0]), Math.sqrt(0.3)),
  ]
  return Float32Array.from(scaled(parts, 1))
}

/**
 * How a picture looks, without any model: where it is light and dark (DCT, as in perceptual hashes), its colours and its edges by
 * place. Finds the same picture scaled, recompressed, brighter or a little cropped, and pictures composed alike; knows nothing of what is shown: a
 * mirrored or turned picture is another. Text cannot be compared with it: that needs an embedder such as CLIP behind the port.
 */
export const perceptualImageEmbedder: ImageEmbedder = {
  id: perceptualImageId,
  dimensions,
  embedImages: async (images) => images.map(describe),
}
