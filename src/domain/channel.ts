/** Channels named like namespaces are as private as those; all others are as `global`. */
export const namespaceOfChannel = (channel: string): string =>
  /^(run|thread|subject|team)\//.test(channel) ? channel : 'global'
