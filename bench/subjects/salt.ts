import { randomFillSync } from 'node:crypto'

const salts = Buffer.alloc(12 * 1024)
let used = salts.length

/** Sixteen characters of chance; the system is asked for a block of them at a time. */
export const saltOf = (): string => {
  if (used === salts.length) {
    randomFillSync(salts)
    used = 0
  }
  used += 12
  return salts.toString('base64', used - 12, used)
}
