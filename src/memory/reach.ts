import type { Message, StateStore, Subscription } from '../ports/state-store.ts'
import type { Knowledge } from './knowledge/knowledge.ts'
import type { NewDocument } from './knowledge/new-document.ts'

/** What of the memory an agent may use: the same wherever it runs. */
export type Reach = {
  /** Throws `policy.denied`. */
  check(namespace: string, access: 'read' | 'write'): void
  /** Whether a message of a channel may be heard: as what is in its namespace. */
  hears(channel: string): boolean
  /** Throws `policy.denied` for a channel that may not be written to. */
  checkChannel(channel: string): void
  /** Whether knowledge about somebody may be used. */
  knows(subject: string | undefined): boolean
  /** Throws `policy.denied` for knowledge about somebody who is out of reach. */
  checkKnown(subject: string | undefined): void
}

const heard = (subscription: Subscription, hears: (channel: string) => boolean): Subscription => ({
  opened: subscription.opened,
  close: () => subscription.close(),
  async next(): Promise<IteratorResult<Message, undefined>> {
    for (;;) {
      const next = await subscription.next()
      if (next.done || hears(next.value.channel)) return next
    }
  },
  async return() {
    subscription.close()
    return { done: true, value: undefined }
  },
  [Symbol.asyncIterator]() {
    return this
  },
})

/** Shared state as far as it is in reach; all else is `policy.denied`. */
export const reachedStore = (store: StateStore, reach: Reach): StateStore => {
  const read = (namespace: string) => reach.check(namespace, 'read')
  return {
    async get(namespace, ...rest) {
      read(namespace)
      return store.get(namespace, ...rest)
    },
    peek(namespace, key) {
      read(namespace)
      return store.peek(namespace, key)
    },
    async write(writes) {
      for (const { namespace, check } of writes) reach.check(namespace, check ? 'read' : 'write')
      return store.write(writes)
    },
    async recorded(namespace, operation) {
      read(namespace)
      return store.recorded(namespace, operation)
    },
    async list(namespace, options) {
      read(namespace)
      return store.list(namespace, options)
    },
    async history(namespace, ...rest) {
      read(namespace)
      return store.history(namespace, ...rest)
    },
    async sequence(namespace) {
      read(namespace)
      return store.sequence(namespace)
    },
    watch(namespace, ...rest) {
      read(namespace)
      return store.watch(namespace, ...rest)
    },
    async publish(channel, ...rest) {
      reach.checkChannel(channel)
      return store.publish(channel, ...rest)
    },
    subscribe: (...given) => heard(store.subscribe(...given), reach.hears),
    async fork(namespace, options) {
      reach.check(namespace, 'write')
      read(options.from)
      return store.fork(namespace, options)
    },
    async origin(namespace) {
      read(namespace)
      return store.origin(namespace)
    },
    close: () => store.close(),
  }
}

/** Knowledge as far as it is in reach: about the run's subject or about nobody; what a search finds is `knows` of `Asking`. */
export const reachedKnowledge = (knowledge: Knowledge, namespace: string, reach: Reach): Knowledge => {
  const read = () => reach.check(namespace, 'read')
  const write = () => reach.check(namespace, 'write')
  const known = async (id: string) => {
    const document = await knowledge.get(id)
    return document !== undefined && reach.knows(document.subject) ? document : undefined
  }
  /** A document that is not to be seen is not to be replaced either. */
  const checkAbout = async (id: string | undefined, { subject }: Partial<NewDocument>) => {
    reach.checkKnown(subject)
    if (id !== undefined) reach.checkKnown((await knowledge.get(id))?.subject)
  }
  return {
    async add(document) {
      write()
      await checkAbout(document.id, document)
      return knowledge.add(document)
    },
    async search(question, options = {}) {
      read()
      reach.checkKnown(options.filter?.subject)
      return knowledge.search(question, options)
    },
    async get(id) {
      read()
      return known(id)
    },
    async list(options) {
      read()
      return (await knowledge.list(options)).filter(({ subject }) => reach.knows(subject))
    },
    async update(id, change) {
      write()
      await checkAbout(id, change)
      return knowledge.update(id, change)
    },
    async forget(what) {
      write()
      if (typeof what === 'string')
        return knowledge.forget({ ids: (await known(what)) === undefined ? [] : [what] })
      reach.checkKnown(what.subject)
      if (what.ids === undefined) return knowledge.forget(what)
      const documents = await Promise.all(what.ids.map((id) => knowledge.get(id)))
      const ids = what.ids.filter((_, i) => reach.knows(documents[i]?.subject))
      return knowledge.forget({ ...what, ids })
    },
    async stats() {
      read()
      return knowledge.stats()
    },
    async embed(options) {
      write()
      return knowledge.embed(options)
    },
    in: (other) => reachedKnowledge(knowledge.in(other), other, reach),
  }
}
