/** What went wrong, in the server's words, which name the way out. */
export const Problem = ({ error, again }: { error: Error; again?: () => void }) => (
  <div className="problem" role="alert">
    <strong>That did not work.</strong>
    <p>{error.message}</p>
    {again !== undefined && (
      <button type="button" onClick={again}>
        Try again
      </button>
    )}
  </div>
)

export const Loading = ({ what }: { what: string }) => (
  <p className="loading" role="status">
    <span className="spinner" aria-hidden="true" /> Reading {what} …
  </p>
)

export const Empty = ({ title, children }: { title: string; children?: React.ReactNode }) => (
  <div className="empty">
    <h2>{title}</h2>
    {children}
  </div>
)
