import { plural } from '../../domain/amounts.ts'
import { ConcordError } from '../../domain/errors.ts'
import { namespaceForms, subjectNamespace } from '../../domain/names.ts'
import { nearest } from '../../domain/nearest.ts'
import { withAudit } from '../audit-report.ts'
import { command } from '../command.ts'
import { memoryActions, withState } from '../memory-actions.ts'
import { subjectActions, withSubject } from '../subject-actions.ts'
import { openTerminal } from '../terminal.ts'

const actions = [...Object.keys(memoryActions), 'forget']

const unknown = (action: string): ConcordError => {
  const meant = nearest(action, actions)
  return new ConcordError(
    'input.invalid',
    `Cannot run "concord memory ${action}" as there are: ${actions.join(', ')}; ${meant === undefined ? 'choose one' : `did you mean "${meant}"?`}`,
  )
}

/** Other actions of a subject are about its keys. */
const inSubject = <V extends { namespace: string | undefined; subject: string | undefined }>(values: V): V =>
  values.subject === undefined || values.namespace !== undefined
    ? values
    : { ...values, namespace: subjectNamespace(values.subject) }

export const memoryCommand = command({
  name: 'memory',
  summary: 'Read, write and watch shared state; forget what is held about a subject',
  positionals: [
    {
      name: 'action',
      shown: actions.join('|'),
      description: 'forget: erase the runs about a subject, their state, the subject’s own and its knowledge',
      required: true,
    },
    {
      name: 'what',
      rest: true,
      shown: '[key] [value]',
      description:
        'a key, to set also its value (JSON, else text); list: a prefix; watch: a pattern such as stock:*. With --subject: what a fact is about, and the fact; list: words it bears on',
    },
  ],
  options: {
    namespace: {
      type: 'string',
      value: 'name',
      description: `${namespaceForms} (default)`,
    },
    'if-version': { type: 'string', value: 'n', description: 'set, delete: only at this version; 0: absent' },
    ttl: { type: 'string', value: 'ms', description: 'set: ends after so long' },
    at: {
      type: 'string',
      value: 'moment',
      description:
        'get, list: as it was then: a sequence, v3 (a version of the key), or an instant (ISO 8601); history: up to this sequence',
    },
    since: { type: 'string', value: 'n', description: 'watch: what came after this sequence, too' },
    limit: { type: 'string', value: 'n', description: 'list, history: at most so many' },
    subject: {
      type: 'string',
      value: 'id',
      description: 'list, set, delete: facts about this subject; forget: all of it',
    },
    json: { type: 'boolean', description: 'print JSON; watch: an object a line' },
  },
  notes: [
    'forget: the chain still verifies. Of long-term knowledge it erases documents given this subject and those in subject/{id}; others: concord knowledge forget. Backups and exports keep what they hold.',
  ],
  examples: [
    'concord memory set stock:apple 3 --namespace team/shop',
    'concord memory watch "stock:*" --namespace team/shop',
    'concord memory list --subject ada',
    'concord memory set --subject ada "seat on trains" "I prefer the aisle"',
    'concord memory forget --subject patient-17',
  ],
  async run([action = '', ...words], values) {
    const terminal = openTerminal(values['no-color'])
    if (!actions.includes(action)) throw unknown(action)
    const about = values.subject === undefined ? undefined : subjectActions[action]
    if (about !== undefined && values.subject !== undefined) {
      await withSubject(about, values.subject, words, values, terminal)
      return 0
    }
    if (action !== 'forget') {
      await withState(action, words, inSubject(values), terminal)
      return 0
    }
    const { subject } = values
    if (subject === undefined)
      throw new ConcordError('input.invalid', 'Cannot forget as no subject is given; write --subject <id>')
    const forgotten = await withAudit(values, (audit) => audit.forget(subject))
    terminal.out(
      values.json
        ? `${JSON.stringify(forgotten, null, 2)}\n`
        : Object.values(forgotten).every((count) => count === 0)
          ? `Nothing was kept about ${subject}: look whether the name is right\n`
          : `Forgot ${subject}: ${plural(forgotten.runs, 'run')}, ${plural(forgotten.keys, 'key')}, data of ${plural(forgotten.events, 'event')}, ${plural(forgotten.documents, 'document')}\n`,
    )
    return 0
  },
})
