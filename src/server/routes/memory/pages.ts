import type { Context } from 'hono'

/** Of one page, about: the last item may make it longer by itself. */
export const pageBytesMax = 4 * 1024 * 1024

export type Text = { list: string; count: number }

/** As many items as fit a page, as the JSON text of a list; at least one. */
export const textOf = (items: readonly object[], bytesMax = pageBytesMax): Text => {
  const parts: string[] = []
  let size = 0
  for (const item of items) {
    if (size > bytesMax) break
    const text = JSON.stringify(item)
    size += text.length
    parts.push(text)
  }
  return { list: `[${parts.join(',')}]`, count: parts.length }
}

/** An object one of whose members is text already. */
export const withList = (c: Context, name: string, list: string, rest: object): Response => {
  const others = JSON.stringify(rest).slice(1, -1)
  return c.body(`{"${name}":${list}${others === '' ? '' : `,${others}`}}`, 200, {
    'content-type': 'application/json',
  })
}
