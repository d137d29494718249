import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, rm, stat, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'

/**
 * A local socket per process beside the database, all of them connected with each other, so that a commit here is known there at once. Only a
 * hint: what is not heard is found by polling. Messages of channels go the same way, and only so.
 *
 * 1. A process listens before it looks for others: of two that start together at least one sees the other.
 * 2. A line of a connection is empty (a commit to look for), or a letter and a body: h(ello) and the sender's id, l(istening) 1 or 0, n(ews of a commit),
 * m(essage).
 * 3. A socket nobody answers on is of a process that died: whoever notices removes it.
 */
export type Ring = {
  /** Something was committed: tells those who listen. Without its news they look for it. */
  ring(news: () => string | undefined): void
  /** Says whether this process wants to be rung. */
  listen(wanted: boolean): void
  /** To every process that was reached; resolves when handed over to the system. */
  send(body: string): Promise<void>
  /** Resolves once others can find this process, or there is no ring. */
  there: Promise<void>
  /** Resolves once all who were there at the opening know this process, or there is no ring. */
  ready: Promise<void>
  close(): Promise<void>
}

type Peer = { id: string; listening: boolean }

const pathMost = process.platform === 'darwin' ? 103 : 107
/** What may wait for a reader that does not read; beyond it messages are left out and it is told how many. */
const waitingMost = 8 * 1024 * 1024
/** The same for news of commits, which can be looked for. */
const newsWaitingMost = 256 * 1024
const helloWithinMs = 1000
const goodbyeWithinMs = 2000

/** What is heard in the ring is believed, so nobody else may put a socket there; without a ring everything is found by polling. */
export const isOwn = async (folder: string): Promise<boolean> => {
  const { uid, mode } = await stat(folder)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}

const lineOf = (news: string | undefined): string => (news === undefined ? '' : `n${news}`)

/** The folder of the sockets: beside the database where the path is short enough for a socket, else in the system's folder for such. */
export const folderFor = (file: string, id: string): string => {
  const beside = `${file}.ring`
  const fits = (folder: string) => Buffer.byteLength(join(folder, `${id}.sock`)) <= pathMost
  if (fits(beside)) return beside
  const near = relative(process.cwd(), beside)
  if (fits(near)) return near
  return join(tmpdir(), `concord-${createHash('sha256').update(file).digest('hex').slice(0, 16)}`)
}

export const openRing = (options: {
  file: string
  id: string
  /** Another process committed. */
  rung(): void
  /** Another process says what it committed. */
  news(body: string): void
  message(body: string): void
}): Ring => {
  const { id, rung, news, message } = options
  const folder = folderFor(options.file, id)
  const path = join(folder, `${id}.sock`)
  const sockets = new Map<Socket, Peer>()
  const missed = new WeakMap<Socket, number>()
  const opening = new Set<Socket>()
  let server: Server | undefined
  let answered: Promise<unknown> = Promise.resolve()
  let listening = false
  let closed = false
  const bound = Promise.withResolvers<void>()

  const say = (socket: Socket, line: string) => {
    if (socket.writable) socket.write(`${line}\n`)
  }
  const heard = (socket: Socket, line: string): boolean => {
    const peer = sockets.get(socket)
    if (line === '') return true
    if (peer === undefined) return false
    const body = line.slice(1)
    if (line[0] === 'h') peer.id = body
    else if (line[0] === 'l') peer.listening = body === '1'
    else if (line[0] === 'm' || line[0] === 'n') return !taken(line[0] === 'm' ? message : news, body)
    return false
  }
  /** False for what cannot be read: then this process looks for itself. */
  const taken = (take: (body: string) => void, body: string): boolean => {
    try {
      take(body)
      return true
    } catch (error) {
      if (error instanceof SyntaxError) return false
      throw error
    }
  }
  /** Resolves when the other side has said who it is, or is gone. */
  const join_ = (socket: Socket, peer = ''): Promise<void> =>
    new Promise((resolve) => {
      sockets.set(socket, { id: peer, listening: false })
      socket.setNoDelay?.(true)
      socket.setEncoding('utf8')
      let rest = ''
      socket.on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        let commits = false
        for (const line of lines) {
          commits = heard(socket, line) || commits
          if (line.startsWith('h')) resolve()
        }
        if (commits) rung()
      })
      const gone = () => {
        sockets.delete(socket)
        resolve()
      }
      socket.on('error', gone)
      socket.on('close', gone)
      say(socket, `h${id}`)
      if (listening) say(socket, 'l1')
    })

  /** `connected` is called when messages can be sent, before the other side has answered: a socket is named by its process's id. */
  const reach = (other: string, connected: () => void): Promise<void> =>
    new Promise((resolve) => {
      // Kept alive until it is known who answers: somebody may be waiting for it to send a message.
      const socket = createConnection(other)
      opening.add(socket)
      const failed = async (error: NodeJS.ErrnoException) => {
        opening.delete(socket)
        connected()
        if (error.code === 'ECONNREFUSED') await unlink(other).catch(() => undefined)
        resolve()
      }
      socket.once('error', failed)
      // Destroyed before it was connected, by the ring's close.
      socket.once('close', () => {
        connected()
        resolve()
      })
      socket.once('connect', () => {
        socket.off('error', failed)
        if (closed) {
          socket.destroy()
          return resolve()
        }
        const known = () => {
          clearTimeout(timer)
          opening.delete(socket)
          socket.unref()
          resolve()
        }
        const timer = setTimeout(known, helloWithinMs)
        void join_(socket, basename(other, '.sock')).then(known)
        connected()
      })
    })

  /** Says goodbye and waits for the other's: a socket closed with something unread in it takes what the other has not read yet with it. */
  const leave = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), goodbyeWithinMs)
      socket.ref()
      socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      if (socket.closed) {
        clearTimeout(timer)
        resolve()
      } else socket.end()
    })

  const open = async (): Promise<void> => {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (made !== undefined) await chmod(folder, 0o700)
    if (!(await isOwn(folder))) return
    server = createServer((socket) => {
      // Who comes while this process leaves would keep the server from closing, and nothing would keep the process.
      if (closed) return void socket.destroy()
      socket.unref()
      void join_(socket)
    })
    await new Promise<void>((resolve, reject) => {
      server!.once('error', reject)
      server!.listen(path, resolve)
    })
    bound.resolve()
    server.unref()
    server.on('error', () => undefined)
    await chmod(path, 0o600).catch(() => undefined)
    const others = (await readdir(folder)).filter((name) => name.endsWith('.sock') && name !== `${id}.sock`)
    await new Promise<void>((all) => {
      let left = others.length
      const one = () => --left <= 0 && all()
      answered = Promise.all(
        others.map((name) => {
          let told = false
          return reach(join(folder, name), () => {
            if (!told) one()
            told = true
          })
        }),
      )
      if (left === 0) all()
    })
  }
  // Without a ring (no sockets here, a full disk) everything works, only later: by polling.
  const connected = open().catch(() => undefined)
  void connected.then(bound.resolve)
  const ready = connected.then(async () => {
    await answered
  })

  /** One connection a process, though both sides may have made one. */
  const peers = (): Map<string, Socket> => {
    const found = new Map<string, Socket>()
    for (const [socket, peer] of sockets) if (peer.id !== '') found.set(peer.id, socket)
    return found
  }

  return {
    there: bound.promise,
    ready,
    ring(news) {
      if (sockets.size === 0) return
      let line: string | undefined
      for (const socket of peers().values()) {
        // Who is so far behind finds what it was not told by looking.
        if (!sockets.get(socket)?.listening || socket.writableLength > newsWaitingMost) continue
        line ??= lineOf(news())
        say(socket, line)
      }
    },
    listen(wanted) {
      if (listening === wanted) return
      listening = wanted
      for (const socket of sockets.keys()) say(socket, wanted ? 'l1' : 'l0')
    },
    async send(body) {
      await connected
      await Promise.all(
        [...peers().values()].map(
          (socket) =>
            new Promise<void>((resolve) => {
              if (!socket.writable) return resolve()
              const left = missed.get(socket) ?? 0
              if (socket.writableLength > waitingMost) {
                missed.set(socket, left + 1)
                return resolve()
              }
              missed.delete(socket)
              const told = left === 0 ? body : `${body.slice(0, -1)},"missed":${left}}`
              socket.ref()
              socket.write(`m${told}\n`, () => {
                socket.unref()
                resolve()
              })
            }),
        ),
      )
    },
    async close() {
      closed = true
      for (const socket of opening) socket.destroy()
      await ready
      await Promise.all([...sockets.keys()].map(leave))
      await new Promise<void>((resolve) => (server?.listening ? server.close(() => resolve()) : resolve()))
      await rm(path, { force: true }).catch(() => undefined)
    },
  }
}
