import { parseHTML } from 'linkedom'
import { EventSource } from 'undici'

/**
 * As much of a browser as a page with a script needs: its document, `fetch` and `EventSource`,
 * relative to its address.
 */
export const browse = async (address: string) => {
  const { document } = parseHTML(await (await fetch(address)).text())
  const location = new URL(address)
  const sources: EventSource[] = []
  class Source extends EventSource {
    constructor(path: string) {
      super(new URL(path, location))
      sources.push(this)
    }
  }
  const here = (path: string, init?: RequestInit) => fetch(new URL(path, location), init)
  const script = document.querySelector('script')?.textContent ?? ''
  new Function('document', 'location', 'EventSource', 'fetch', script)(document, location, Source, here)
  const at = (selector: string): { textContent: string; hidden: boolean; onclick?: () => unknown } => {
    const found = document.querySelector(selector)
    if (found === null) throw new Error(`there is no ${selector}`)
    return found as never
  }
  return {
    async shows(selector: string, wanted: RegExp): Promise<void> {
      while (!wanted.test(at(selector).textContent)) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    async click(selector: string): Promise<void> {
      await at(selector).onclick?.()
    },
    close: () => {
      for (const source of sources) source.close()
    },
  }
}
