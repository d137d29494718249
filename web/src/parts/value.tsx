import { plain } from '../data/words.ts'
import { Markdown } from './markdown.tsx'

const openTo = 2
const textMost = 20_000

const isPlainText = (text: string) => !/[\n#*|`]/.test(text)

/** A JSON value: objects and lists fold, long texts are shown as text. */
export const Value = ({ value, depth = 0 }: { value: unknown; depth?: number }) => {
  if (value === null || value === undefined) return <span className="nothing">nothing</span>
  if (typeof value === 'string') {
    if (value.length > textMost) return <Cut text={value} />
    return isPlainText(value) ? (
      <span className="text">{plain(value)}</span>
    ) : (
      <Markdown text={value} />
    )
  }
  if (typeof value !== 'object') return <code>{String(value)}</code>
  const entries = Array.isArray(value)
    ? value.map((item, i) => [String(i + 1), item] as const)
    : Object.entries(value)
  if (entries.length === 0)
    return <span className="nothing">{Array.isArray(value) ? 'empty list' : 'empty'}</span>
  return (
    <details className="value" open={depth < openTo}>
      <summary>
        {Array.isArray(value)
          ? `${entries.length} items`
          : entries
              .map(([name]) => plain(name))
              .join(', ')
              .slice(0, 80)}
      </summary>
      <dl>
        {entries.slice(0, 200).map(([name, item]) => (
          <div key={name}>
            <dt>{plain(name)}</dt>
            <dd>
              <Value value={item} depth={depth + 1} />
            </dd>
          </div>
        ))}
      </dl>
      {entries.length > 200 && <p className="quiet">{entries.length - 200} more are not shown.</p>}
    </details>
  )
}

const Cut = ({ text }: { text: string }) => (
  <details className="value">
    <summary>{text.length.toLocaleString('en')} characters</summary>
    <pre>{plain(text)}</pre>
  </details>
)

/** The part of an output that is meant to be read, where a team says so. */
export const readable = (output: unknown): string | undefined => {
  if (typeof output === 'string') return output
  if (typeof output !== 'object' || output === null) return undefined
  for (const name of ['markdown', 'report', 'text', 'summary', 'answer']) {
    const part = (output as { [name: string]: unknown })[name]
    if (typeof part === 'string' && part !== '') return part
  }
  return undefined
}

/** What a run answered: as text where it is one, with the rest below. */
export const Output = ({ output }: { output: unknown }) => {
  const text = readable(output)
  if (text === undefined) return <Value value={output} />
  return (
    <>
      <Markdown text={text} />
      {typeof output === 'object' && (
        <details className="more">
          <summary>The whole output, as data</summary>
          <Value value={output} depth={1} />
        </details>
      )}
    </>
  )
}
