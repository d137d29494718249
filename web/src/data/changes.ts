import { client } from './server.ts'
import { notify, notifyLike } from './store.ts'

export type Connection = 'connecting' | 'live' | 'lost'
let connection: Connection = 'connecting'
export const connectionNow = (): Connection => connection

const become = (next: Connection): void => {
  if (connection === next) return
  connection = next
  notify('connection')
}

/** Hears which runs have news, for as long as the page is open; again after the person has signed in. */
export const listen = async (): Promise<void> => {
  void beat()
  for (;;) {
    try {
      for await (const { runs, resync } of client.changes()) {
        become('live')
        if (resync) tellAll()
        for (const run of runs) notify(`run:${run}`)
        notify('runs')
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, againMs))
      tellAll()
    }
  }
}

/** What happened meanwhile is unknown: whatever is shown is read again. */
const tellAll = (): void => {
  notifyLike('run:')
  notify('runs')
}

const againMs = 1_000
const beatMs = 5_000

/** A stream that is quiet looks like one that is lost: the server is asked now and then. */
const beat = async (): Promise<void> => {
  for (;;) {
    const answers = await fetch('/health').then(
      ({ ok }) => ok,
      () => false,
    )
    const wasLost = connection === 'lost'
    become(answers ? 'live' : 'lost')
    if (answers && wasLost) tellAll()
    await new Promise((resolve) => setTimeout(resolve, answers ? beatMs : 1_000))
  }
}
