import { useSyncExternalStore } from 'react'

/** Where the page is: in the fragment, so that every view has an address and the server needs to know none. */
export type Place = { view: string; id: string | undefined; query: URLSearchParams }

const read = (): Place => {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const [view = '', ...rest] = path.split('/')
  const id = rest.length === 0 ? undefined : decodeURIComponent(rest.join('/'))
  return { view: view || 'goals', id, query: new URLSearchParams(query) }
}

let place = read()
const listeners = new Set<() => void>()
addEventListener('hashchange', () => {
  place = read()
  for (const listener of listeners) listener()
})

export const usePlace = (): Place =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => place,
  )

export const runLink = (run: string, query: { [name: string]: string } = {}): string => {
  const text = new URLSearchParams(query).toString()
  return `#/runs/${encodeURIComponent(run)}${text === '' ? '' : `?${text}`}`
}

/** Changes a part of the address without a new entry in the history. */
export const setQuery = (changes: { [name: string]: string | undefined }): void => {
  const [path = ''] = location.hash.split('?')
  const query = new URLSearchParams(place.query)
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  const text = query.toString()
  history.replaceState(null, '', text === '' ? path : `${path}?${text}`)
  place = read()
  for (const listener of listeners) listener()
}
