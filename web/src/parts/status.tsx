const words: { [status: string]: string } = {
  queued: 'Waiting to begin',
  running: 'Running',
  waiting: 'Waiting',
  suspended: 'Paused',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** A status in a word and a colour; the colour says nothing that the word does not. */
export const Status = ({ status }: { status: string }) => (
  <span className={`status is-${status}`}>
    <span className="dot" aria-hidden="true" />
    {words[status] ?? status}
  </span>
)
