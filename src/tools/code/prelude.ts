/**
 * Runs inside the sandbox before the code: a console, the host functions, and the last two functions the host needs.
 * It keeps the built-ins it uses, so that code which replaces them spoils only itself.
 */
export const prelude = `(function (print, call, names, resultMax) {
  const { stringify, parse } = JSON
  const { apply } = Reflect
  const { slice } = String.prototype
  const text = String
  const lineMax = 10000
  const cut = (value, most) => apply(slice, value, [0, most])
  const shown = (value) => {
    if (typeof value === 'string') return value
    try {
      if (value instanceof Error) return text(value)
      const json = stringify(value)
      return json === undefined ? text(value) : json
    } catch (error) {
      return typeof value
    }
  }
  const log = (...values) => {
    let line = ''
    for (let i = 0; i < values.length && line.length < lineMax; i++)
      line += (i > 0 ? ' ' : '') + cut(shown(values[i]), lineMax)
    print(cut(line, lineMax))
  }
  globalThis.console = { log, info: log, warn: log, error: log, debug: log }
  for (const name of parse(names))
    globalThis[name] = async (...values) => {
      const json = stringify(values)
      const answer = await call(name, json)
      return answer === undefined ? undefined : parse(answer)
    }
  return {
    parse: (json) => parse(json),
    finish: (value) => {
      const json = stringify(value)
      if (json !== undefined && json.length > resultMax) return json.length
      return json
    },
    describe: (error) => {
      const named = error !== null && typeof error === 'object'
      const message = named ? text(error.name || 'Error') + ': ' + text(error.message) : 'threw ' + shown(error)
      const where = named && typeof error.stack === 'string' ? /code\\.js:(\\d+)/.exec(error.stack) : null
      return cut(message, 2000) + (where ? ' (line ' + where[1] + ')' : '')
    },
  }
})`
