import type { ConcordError } from '../domain/errors.ts'
import { namespaceNamed } from '../domain/names.ts'
import type { Asking, Knowledge, KnowledgeParts } from '../memory/knowledge/knowledge.ts'
import type { BeforeStore } from '../policy/before-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { Embedder, ImageEmbedder } from '../ports/embedder.ts'
import type { KnowledgeStore } from '../ports/knowledge-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { ConcordConfig } from './config.ts'
import { openKnowledgeStore } from './stores.ts'

export type KnowledgeRoom = {
  /** Knowledge of a namespace; the file is opened, or made, on first use. */
  in(namespace: string, asked?: Asking): Knowledge
  /** Stops embedding (what is missing is embedded by the next use), then closes the store. */
  close(): Promise<void>
}

export type KnowledgeRoomOptions = {
  config: ConcordConfig
  clock: Clock
  logger: Logger
  beforeStore?: BeforeStore
  /** Finds embedders by `provider/model`. */
  embedder: (name: string | Embedder) => Promise<Embedder>
  /** Told when the file was deleted or replaced. */
  lost: (error: ConcordError) => void
}

const sweptAtOnce = 200

/** Every method of a store that is opened by the first call. */
const onFirstUse = (open: () => Promise<KnowledgeStore>): KnowledgeStore => ({
  put: async (...given) => (await open()).put(...given),
  get: async (...given) => (await open()).get(...given),
  list: async (...given) => (await open()).list(...given),
  alike: async (...given) => (await open()).alike(...given),
  remove: async (...given) => (await open()).remove(...given),
  lexical: async (...given) => (await open()).lexical(...given),
  nearest: async (...given) => (await open()).nearest(...given),
  centre: async (...given) => (await open()).centre(...given),
  vectors: async (...given) => (await open()).vectors(...given),
  chunks: async (...given) => (await open()).chunks(...given),
  span: async (...given) => (await open()).span(...given),
  unembedded: async (...given) => (await open()).unembedded(...given),
  addVectors: async (...given) => (await open()).addVectors(...given),
  dropVectors: async (...given) => (await open()).dropVectors(...given),
  embedders: async (...given) => (await open()).embedders(...given),
  stats: async (...given) => (await open()).stats(...given),
  namespaces: async (...given) => (await open()).namespaces(...given),
  sweep: async (...given) => (await open()).sweep(...given),
  close: async () => (await open()).close(),
})

/**
 * The embedder of texts: the configured one, `offline`, `none`, or by default the offline one where its packages are installed.
 */
const textEmbedder = ({ config, embedder }: KnowledgeRoomOptions) => {
  let offline: Promise<Embedder & { close(): Promise<void> }> | undefined
  const name = config.embedder
  return {
    async find(): Promise<Embedder | undefined> {
      if (name === 'none') return undefined
      if (name !== undefined && name !== 'offline') return embedder(name)
      const { hasOfflineEmbedder, offlineEmbedder } = await import('../models/offline-embedder.ts')
      if (name === undefined && !hasOfflineEmbedder()) return undefined
      offline ??= Promise.resolve(offlineEmbedder())
      return offline
    },
    close: async () => (await offline)?.close(),
  }
}

/** One piece of background work a namespace at a time; what is asked for meanwhile is done once more afterwards. */
const backgroundWork = () => {
  const stop = new AbortController()
  const under = new Map<string, { again: boolean; done: Promise<void> }>()
  const start = (namespace: string, work: (signal: AbortSignal) => Promise<unknown>): void => {
    if (stop.signal.aborted) return
    const before = under.get(namespace)
    if (before !== undefined) {
      before.again = true
      return
    }
    const state = { again: false, done: Promise.resolve() }
    under.set(namespace, state)
    state.done = (async () => {
      do {
        state.again = false
        await work(stop.signal)
      } while (state.again && !stop.signal.aborted)
      under.delete(namespace)
    })()
  }
  return {
    start,
    async close() {
      stop.abort()
      await Promise.all([...under.values()].map(({ done }) => done))
    },
  }
}

/** Knowledge as the rest of the house gets it: the store with `beforeStore` in front, embedders, work in the background. */
export const knowledgeRoom = (options: KnowledgeRoomOptions): KnowledgeRoom => {
  const { config, clock, logger, beforeStore } = options
  let opened: Promise<KnowledgeStore> | undefined
  let cancelSweep = (): void => {}
  const open = (): Promise<KnowledgeStore> => {
    opened ??= openKnowledgeStore({
      config: config.stores ?? {},
      clock,
      logger,
      ...(beforeStore === undefined ? {} : { beforeStore }),
    }).then((store) => {
      void store.lost?.then(options.lost)
      sweepLater(store)
      return store
    })
    // A folder may be made writable later: failures are not remembered.
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
  const sweepLater = (store: KnowledgeStore, ms = 60_000): void => {
    cancelSweep = clock.schedule(
      ms,
      () => {
        store.sweep(sweptAtOnce).then(
          // Much may end at the same time: then on at once, others between.
          (removed) => sweepLater(store, removed === sweptAtOnce ? 1 : undefined),
          (error: unknown) => {
            logger.warn({ error: String(error) }, 'knowledge is not swept')
            sweepLater(store)
          },
        )
      },
      { unref: true },
    )
  }
  const store = onFirstUse(open)
  const text = textEmbedder(options)
  const background = backgroundWork()
  const partsOf = (namespace: string, asking: Asking): KnowledgeParts => ({
    store,
    namespace,
    clock,
    logger,
    embedder: text.find,
    imageEmbedder: lazyImages,
    background: (work) => background.start(namespace, work),
    ...asking,
  })
  const scoped = (namespace: string, asking: Asking = {}): Knowledge =>
    lazyKnowledge(partsOf(namespace, asking), (other) => scoped(namespaceNamed(other), asking))
  return {
    in: scoped,
    async close() {
      cancelSweep()
      await background.close()
      await text.close()
      if (opened !== undefined) await store.close()
      cancelSweep()
    },
  }
}

/** The code of knowledge is loaded with the first call: most runs need none of it. */
const lazyKnowledge = (parts: KnowledgeParts, other: (namespace: string) => Knowledge): Knowledge => {
  const load = async () => (await import('../memory/knowledge/knowledge.ts')).scopedKnowledge(parts)
  return {
    add: async (...given) => (await load()).add(...given),
    search: async (...given) => (await load()).search(...given),
    get: async (...given) => (await load()).get(...given),
    list: async (...given) => (await load()).list(...given),
    update: async (...given) => (await load()).update(...given),
    forget: async (...given) => (await load()).forget(...given),
    stats: async (...given) => (await load()).stats(...given),
    embed: async (...given) => (await load()).embed(...given),
    in: other,
  }
}

/** Loaded with the first picture. */
const lazyImages: ImageEmbedder = {
  id: 'offline/perceptual-image-1',
  dimensions: 223,
  async embedImages(images) {
    const { perceptualImageEmbedder } = await import('../models/perceptual-image.ts')
    return perceptualImageEmbedder.embedImages(images)
  },
}
