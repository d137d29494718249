import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { StateRow } from './state-change.ts'
import { type FeedSource, stateFeed } from './state-feed.ts'

const row = (sequence: number): StateRow => ({
  namespace: 'n',
  sequence,
  at: 0,
  type: 'state.changed',
  operation: null,
  provenance: {},
  data: JSON.stringify({ namespace: 'n', key: 'k', version: sequence, value: sequence }),
})

const feedOver = (source: Partial<FeedSource>, rows: StateRow[]) => {
  const feed = stateFeed(
    {
      head: () => rows.at(-1)?.sequence ?? 0,
      read: (_namespace, after, limit) => rows.filter((each) => each.sequence > after).slice(0, limit),
      snapshot: () => ({ sequence: rows.at(-1)?.sequence ?? 0, entries: [] }),
      digest: () => undefined,
      ...source,
    },
    { watchersMax: 10, used: () => 0, changed: () => undefined },
  )
  return feed
}

it('takes what another process commits between two looks for news, not for something lost', async () => {
  const rows = [row(1)]
  const head = () => {
    // The commit of another process comes right after the page was found empty.
    if (rows.length === 1) rows.push(row(2))
    return rows.length
  }
  const watch = feedOver({ head }, rows).watch('n', '*', { since: 1 })
  const news = (await watch.next()).value
  assert.deepEqual([news?.kind, news?.sequence], ['change', 2])
})

it('says so when changes are no longer kept: at the end, and in the middle', async () => {
  const gone = feedOver({ head: () => 5 }, []).watch('n', '*', { since: 3 })
  const first = (await gone.next()).value
  assert.deepEqual([first?.kind, first?.kind === 'resync' && first.reason], ['resync', 'not-retained'])
  const late = feedOver({}, [row(4), row(5)]).watch('n', '*', { since: 1 })
  const resync = (await late.next()).value
  assert.deepEqual([resync?.kind, resync?.sequence], ['resync', 5])
})

it('hands the error of a failed look to who waits, and goes on when asked again', async () => {
  const rows = [row(1)]
  let broken = false
  const feed = feedOver(
    {
      read(_namespace, after) {
        if (broken) throw new Error('the disk is gone')
        return rows.filter((each) => each.sequence > after)
      },
    },
    rows,
  )
  const watch = feed.watch('n', '*')
  const waiting = watch.next()
  broken = true
  rows.push(row(2))
  feed.poke('n')
  await assert.rejects(waiting, /disk is gone/)
  broken = false
  assert.equal((await watch.next()).value?.sequence, 2)
})
