import { Redis } from 'ioredis'

/** Not a framework: what the memory's rows on Redis are measured against. The server is a real one on this machine (`bench/redis.ts`). */
export const packages = { ioredis: '6.0.0' }

/** A version that must be met, the next one with the value, and a message to who listens: the least a compare-and-set with news takes. */
const lua = `
  local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
  if version ~= tonumber(ARGV[1]) then return -1 end
  redis.call('HSET', KEYS[1], 'version', version + 1, 'value', ARGV[2])
  redis.call('PUBLISH', ARGV[3], ARGV[2])
  return version + 1`

export const connect = (port) => {
  const redis = new Redis({ port, host: '127.0.0.1' })
  redis.defineCommand('compareAndSet', { numberOfKeys: 1, lua })
  return redis
}

/** One compare-and-set with its message a call, each writer on its own key, all on one connection: what comes in one turn goes out together. */
export const compareAndSet = async ({ port, writers }) => {
  const redis = connect(Number(port))
  const keys = Array.from({ length: Number(writers) }, (_, i) => ({ key: `writer:${i}`, version: 0 }))
  await redis.del(...keys.map(({ key }) => key))
  const value = (n) =>
    JSON.stringify({ n, note: 'a value of some eighty bytes, as agents leave for each other' })
  const one = async (mine) => {
    const version = await redis.compareAndSet(mine.key, mine.version, value(mine.version), 'changes')
    if (version !== mine.version + 1) throw new Error('somebody came between')
    mine.version = version
  }
  return {
    async run(count) {
      const writer = async (mine) => {
        for (let i = 0; i < count; i++) await one(mine)
      }
      await Promise.all(keys.map(writer))
    },
    close: () => redis.quit(),
  }
}

/** The other process of `wake-ways.ts`: `listen <port> <channel>` says the instant each message arrives. */
if (process.argv[2] === 'listen') {
  process.on('disconnect', () => process.exit(0))
  const redis = connect(Number(process.argv[3]))
  redis.on('message', () => process.send(String(process.hrtime.bigint())))
  await redis.subscribe(process.argv[4])
  process.send('ready')
}
