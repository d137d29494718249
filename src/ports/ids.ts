/** New identifiers. */
export interface Ids {
  /** A new run's id: short, sortable by time of creation, unique without coordination. */
  run(): string
}
