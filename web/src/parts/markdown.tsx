import { micromark } from 'micromark'
import { gfmTable, gfmTableHtml } from 'micromark-extension-gfm-table'
import { useMemo } from 'react'
import { trusted } from '../data/trusted.ts'
import { plain } from '../data/words.ts'

/** Text of models and documents. HTML in it is shown as text, and links lead to http, https and mail only. */
export const Markdown = ({ text }: { text: string }) => {
  const html = useMemo(
    () =>
      trusted.createHTML(
        micromark(plain(text), { extensions: [gfmTable()], htmlExtensions: [gfmTableHtml()] }),
      ),
    [text],
  )
  // biome-ignore lint/security/noDangerouslySetInnerHtml: micromark escapes HTML and drops unsafe links.
  return <div className="prose" dangerouslySetInnerHTML={{ __html: html }} />
}
