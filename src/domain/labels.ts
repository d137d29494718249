/**
 * What a run has read so far: something `private` (files, databases, memory) or something `untrusted` (the web,
 * documents, what agents elsewhere answer). A label stays for the rest of the run and goes to its child runs.
 */
export type Label = 'private' | 'untrusted'

export const bothLabels: readonly Label[] = ['private', 'untrusted']

/** What a tool of this permission may bring into the run. A file or a row may also have been written by anybody. */
export const labelsOfTool = (permission: string): readonly Label[] => {
  if (permission === 'compute') return []
  return permission === 'network' || permission === 'write' ? ['untrusted'] : bothLabels
}

/** The labels with those that were missing; the same list when none was. */
export const withLabels = (labels: readonly Label[], more: readonly Label[]): readonly Label[] => {
  const missing = more.filter((label) => !labels.includes(label))
  return missing.length === 0 ? labels : [...labels, ...missing]
}
