import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { Ids } from '../ports/ids.ts'
import type { Place } from '../ports/place.ts'
import type { Random } from '../ports/random.ts'

/** setTimeout's longest wait; longer ones are waited in parts. */
const timerMaxMs = 2 ** 31 - 1

/** Frozen: tools are given it. */
export const systemClock = Object.freeze<Clock>({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, fn, options) {
    let cancelled = false
    let timer: NodeJS.Timeout
    const arm = (left: number): void => {
      timer = setTimeout(
        () => (left > timerMaxMs ? arm(left - timerMaxMs) : cancelled || fn()),
        Math.min(left, timerMaxMs),
      )
      if (options?.unref === true) timer.unref()
    }
    arm(delayMs)
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  },
})

const poolBytes = 8192

/** The system's random source, read in blocks: a call for each few bytes is slow. */
export const systemRandom = (): Random => {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  const bytes = (size: number): Uint8Array => {
    if (size > poolBytes) return randomFillSync(new Uint8Array(size))
    if (used + size > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    used += size
    return Uint8Array.prototype.slice.call(pool, used - size, used)
  }
  return {
    bytes,
    next: () => {
      const four = bytes(4)
      return Buffer.from(four.buffer, four.byteOffset, 4).readUInt32LE() / 2 ** 32
    },
  }
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const base32 = (value: number, digits: number): string => {
  let text = ''
  let left = value
  for (let i = 0; i < digits; i++) {
    text = (alphabet[left % 32] ?? '') + text
    left = Math.floor(left / 32)
  }
  return text
}

const chances = 32 ** 7

/**
 * Run ids: nine digits of time (ms), seven of chance, in Crockford's base 32. Those of one process
 * and one millisecond count upwards by steps of chance: runs are begun in the order of their
 * creation.
 */
export const systemIds = (clock: Clock, random: Random): Ids => {
  let time = 0
  let chance = 0
  return {
    run() {
      const now = clock.now()
      const step = chance + 1 + Math.floor(random.next() * 2 ** 16)
      chance = now === time && step < chances ? step : Math.floor(random.next() * chances)
      time = now
      return base32(now, 9) + base32(chance, 7)
    },
  }
}

export const systemPlace = (): Place => {
  const places = new AsyncLocalStorage<{ agent: number; place: string } | undefined>()
  return {
    current(agent) {
      const found = places.getStore()
      return found?.agent === agent ? found.place : undefined
    },
    enter: (agent, place) => places.enterWith({ agent, place }),
    apart: (fn) => places.run(undefined, fn),
  }
}
