import { existsSync } from 'node:fs'
import { basename, extname, relative, resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { ConcordError } from '../../domain/errors.ts'
import { nearest } from '../../domain/nearest.ts'
import { cut } from '../../domain/text/cut.ts'
import type { Concord } from '../../platform/concord-types.ts'
import { folderTexts } from '../../platform/folder-texts.ts'
import { command } from '../command.ts'
import { painter } from '../format.ts'
import { knowledgeExists, openWith, settingsOf } from '../settings.ts'
import { control, openTerminal, type Terminal } from '../terminal.ts'

const actions = ['add', 'search', 'stats', 'forget', 'embed'] as const
type Action = (typeof actions)[number]
const verbs = {
  add: 'add',
  search: 'search',
  stats: 'count',
  forget: 'forget',
  embed: 'embed',
} as const satisfies { [action in Action]: string }
type Values = {
  namespace: string | undefined
  subject: string | undefined
  title: string | undefined
  limit: string | undefined
  'no-embed': boolean
  replace: boolean
  json: boolean
}
type Knowledge = ReturnType<Concord['knowledge']>

const excerptChars = 240

const actionOf = (given: string | undefined): Action => {
  const found = actions.find((action) => action === given)
  if (found !== undefined) return found
  const meant = nearest(given ?? '', [...actions])
  throw new ConcordError(
    'input.invalid',
    `Cannot run "concord knowledge ${given}" as there are: ${actions.join(', ')}; ${meant === undefined ? 'choose one' : `did you mean "${meant}"?`}`,
  )
}

const limitOf = (given: string | undefined): number => {
  const limit = given === undefined ? 5 : Number(given)
  if (Number.isInteger(limit) && limit > 0 && limit <= 1000) return limit
  throw new ConcordError(
    'input.invalid',
    `Cannot show "${given}" hits as --limit is a number from 1 to 1000; write for example --limit 10`,
  )
}

const skippedShown = 20

const add = async (knowledge: Knowledge, paths: string[], values: Values, terminal: Terminal) => {
  const shared = values.subject === undefined ? {} : { subject: values.subject }
  const counts: { [outcome: string]: number } = {}
  const skippedFiles: { path: string; reason: string }[] = []
  const put = async (document: Parameters<Knowledge['add']>[0]) => {
    const { outcome } = await knowledge.add({ ...document, ...shared })
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  if (paths.length === 0 || paths[0] === '-') {
    const text = await textOf(process.stdin)
    await put({ text, source: 'stdin', ...(values.title === undefined ? {} : { title: values.title }) })
  }
  const named = paths.filter((path) => path !== '-')
  for (const path of named) if (!existsSync(path)) throw noFile(path)
  for (const path of named)
    for await (const file of folderTexts(path)) {
      const source = relative(process.cwd(), resolve(file.path))
      if ('skipped' in file) {
        if (resolve(path) === resolve(file.path)) throw noText(path, file.skipped)
        skippedFiles.push({ path: source, reason: file.skipped })
      } else {
        const title = values.title ?? file.title ?? basename(file.path, extname(file.path))
        await put({ id: source, text: file.text, source, title })
      }
    }
  const { done: embedded, skipped } = values['no-embed'] ? nothing : await embedAll(knowledge, terminal)
  if (values.json) {
    const told = {
      ...counts,
      embedded,
      ...(skipped > 0 && { skipped }),
      ...(skippedFiles.length > 0 && { skippedFiles }),
    }
    return terminal.out(`${JSON.stringify(told, null, 2)}\n`)
  }
  for (const { path, reason } of skippedFiles.slice(0, skippedShown))
    terminal.err(`skipped ${path}: ${reason}\n`)
  if (skippedFiles.length > skippedShown)
    terminal.err(`skipped ${skippedFiles.length - skippedShown} more; --json lists all\n`)
  const said = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`)
  if (skippedFiles.length > 0) said.push(`${skippedFiles.length} skipped`)
  terminal.out(`${said.join(', ') || 'nothing to add'}; ${embedded} parts embedded${skippedText(skipped)}\n`)
}

const noFile = (path: string): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot add ${path} as it must be a file or a folder: there is none; check the path`,
  )

const noText = (path: string, reason: string): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot add ${path} as it must hold text: ${reason}; name a file of text, PDF, HTML or docx, or a folder`,
  )

const nothing = { done: 0, skipped: 0 }

const skippedText = (skipped: number): string =>
  skipped > 0 ? `, ${skipped} could not be: they are found by words alone` : ''

const embedAll = async (knowledge: Knowledge, terminal: Terminal, replace = false) => {
  const shown = terminal.live
  let skipped = 0
  const done = await knowledge.embed({
    replace,
    onProgress(progress) {
      skipped = progress.skipped
      if (shown) terminal.err(`${control('\r')}embedding with ${progress.embedder}: ${progress.done} parts `)
    },
  })
  if (shown && done > 0) terminal.err('\n')
  return { done, skipped }
}

const search = async (knowledge: Knowledge, question: string, values: Values, terminal: Terminal) => {
  const hits = await knowledge.search(question, {
    limit: limitOf(values.limit),
    ...(values.subject === undefined ? {} : { filter: { subject: values.subject } }),
  })
  if (values.json) return terminal.out(`${JSON.stringify(hits, null, 2)}\n`)
  const paint = painter(terminal.color.out)
  for (const { document, start, end, text, score, scores } of hits) {
    const why = Object.entries(scores).map(([part, value]) => `${part} ${value.toFixed(2)}`)
    const excerpt = text.replaceAll(/\s+/g, ' ')
    terminal.out(`${paint('bold', document.title ?? document.id)}  ${score.toFixed(3)}\n`)
    terminal.out(`  ${excerpt.length > excerptChars ? `${cut(excerpt, excerptChars - 1)}…` : excerpt}\n`)
    terminal.out(paint('dim', `  ${document.id}, characters ${start} to ${end}; ${why.join(', ')}\n`))
  }
  if (hits.length === 0) terminal.err('Nothing found\n')
}

const stats = async (knowledge: Knowledge, values: Values, terminal: Terminal) => {
  const found = await knowledge.stats()
  if (values.json) return terminal.out(`${JSON.stringify(found, null, 2)}\n`)
  terminal.out(`${found.documents} documents, ${found.chunks} parts, ${found.characters} characters\n`)
  for (const { embedder, vectors } of found.vectors) terminal.out(`${vectors} vectors of ${embedder}\n`)
  if (found.unembedded) terminal.out(`some parts are not embedded yet by ${found.embedder}\n`)
}

const forget = async (knowledge: Knowledge, ids: string[], values: Values, terminal: Terminal) => {
  const { subject } = values
  const forgotten = await knowledge.forget({ ids, ...(subject === undefined ? {} : { subject }) })
  terminal.out(values.json ? `${JSON.stringify({ forgotten })}\n` : `Forgot ${forgotten} documents\n`)
}

const embed = async (knowledge: Knowledge, values: Values, terminal: Terminal) => {
  const { embedder } = await knowledge.stats()
  if (embedder === undefined)
    throw new ConcordError(
      'model.unconfigured',
      'Cannot embed as there is no embedder: it is "none", or the packages of the offline one are not installed; configure "embedder"',
    )
  const { done, skipped } = await embedAll(knowledge, terminal, values.replace)
  terminal.out(
    values.json
      ? `${JSON.stringify({ embedder, embedded: done, skipped })}\n`
      : `${done} parts embedded with ${embedder}${skippedText(skipped)}\n`,
  )
}

export const knowledgeCommand = command({
  name: 'knowledge',
  summary: 'Add to, search and erase long-term memory',
  positionals: [
    { name: 'action', shown: actions.join('|'), description: actions.join(', '), required: true },
    {
      name: 'what',
      rest: true,
      description:
        'add: files and folders of text, PDF, HTML, docx, - for standard input; search: the question; forget: ids',
    },
  ],
  options: {
    namespace: { type: 'string', value: 'name', description: 'default: global' },
    subject: { type: 'string', value: 'id', description: 'whom or what it is about' },
    title: { type: 'string', value: 'text', description: 'add: the title; default: the name of the file' },
    limit: { type: 'string', value: 'n', description: 'search: at most so many hits (default 5)' },
    'no-embed': { type: 'boolean', description: 'add: by words alone for now' },
    replace: {
      type: 'boolean',
      description: 'embed: then drop the vectors of other embedders',
    },
    json: { type: 'boolean', description: 'print JSON' },
  },
  notes: [
    'A file that is added again replaces what it was; the same content is stored once. An add that was interrupted is simply repeated.',
    'After a change of embedder text is found by words alone until "concord knowledge embed --replace" has embedded it again.',
  ],
  examples: [
    'concord knowledge add notes/ --subject patient-17',
    'concord knowledge search "which drug was stopped"',
    'concord knowledge forget --subject patient-17',
  ],
  async run([given, ...rest], values) {
    const terminal = openTerminal(values['no-color'])
    const action = actionOf(given)
    if (action === 'search' && rest.join(' ').trim() === '')
      throw new ConcordError('input.invalid', 'Cannot search as no question is given; write what to look for')
    if (action === 'forget' && rest.length === 0 && values.subject === undefined)
      throw new ConcordError(
        'input.invalid',
        'Cannot forget as neither ids nor a subject are given; write ids, or --subject <id>',
      )
    if (action === 'add' && rest.length === 0 && process.stdin.isTTY === true)
      throw new ConcordError(
        'input.invalid',
        'Cannot add as files, folders or a text on standard input are taken: there is none; write: concord knowledge add notes/, or pipe a text into it',
      )
    limitOf(values.limit)
    const config = await settingsOf(values)
    if (action !== 'add' && !knowledgeExists(config))
      throw new ConcordError(
        'not-found',
        `Cannot ${verbs[action]} as there is no knowledge in ${config.stores?.directory}; add something first with "concord knowledge add notes/", or name another folder with --dir`,
      )
    const concord = await openWith(config)
    try {
      const knowledge = concord.knowledge(values.namespace)
      if (action === 'add') await add(knowledge, rest, values, terminal)
      else if (action === 'search') await search(knowledge, rest.join(' '), values, terminal)
      else if (action === 'embed') await embed(knowledge, values, terminal)
      else if (action === 'stats') await stats(knowledge, values, terminal)
      else await forget(knowledge, rest, values, terminal)
      return 0
    } finally {
      await concord.close()
    }
  },
})
