type Policy = {
  createHTML(text: string): string
  createScriptURL(url: string): string
}

type Factory = { createPolicy(name: string, rules: Policy): Policy }

const rules: Policy = { createHTML: (text) => text, createScriptURL: (url) => url }

/**
 * The one way by which text becomes markup here: browsers with Trusted Types refuse all others, as
 * the page's Content-Security-Policy asks for.
 */
export const trusted: Policy =
  (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('concord', rules) ?? rules
