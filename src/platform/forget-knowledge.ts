import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runNamespace, subjectNamespace } from '../domain/names.ts'
import type { BeforeStore } from '../policy/before-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { KnowledgeStore } from '../ports/knowledge-store.ts'
import type { StoresConfig } from './config.ts'
import { openKnowledgeStore } from './stores.ts'

const documentsAtOnce = 200

const forgetAll = async (store: KnowledgeStore, namespace: string): Promise<number> => {
  let gone = 0
  for (;;) {
    const page = await store.list(namespace, { limit: documentsAtOnce })
    if (page.length === 0) return gone
    gone += await store.remove(namespace, { ids: page.map(({ id }) => id) })
  }
}

/**
 * Erases the documents about a subject in every namespace, and all of the namespaces of the subject and of these runs; how many names of documents went. Makes no file where
 * there is none.
 */
export const forgetKnowledge = async (
  stores: { config: StoresConfig; clock: Clock; beforeStore?: BeforeStore },
  { subject, runs }: { subject: string; runs: readonly string[] },
): Promise<number> => {
  if (!existsSync(join(stores.config.directory ?? '.concord', 'knowledge.db'))) return 0
  const whole = new Set([subjectNamespace(subject), ...runs.map((run) => runNamespace(run))])
  const store = await openKnowledgeStore(stores)
  try {
    // Those past their time are listed no more, and still there.
    while ((await store.sweep(documentsAtOnce)) === documentsAtOnce);
    let gone = 0
    for (const namespace of await store.namespaces()) {
      gone += await store.remove(namespace, { subject })
      if (whole.has(namespace)) gone += await forgetAll(store, namespace)
    }
    return gone
  } finally {
    await store.close()
  }
}
