export interface Row {
  measure: string
  baseline?: string
  target?: string
  ours: string
}

/** Prints rows of measure, baseline, target and our value under one heading. */
export function printTable(heading: string, rows: readonly Row[]): void {
  const header: Row = { measure: 'measure', baseline: 'baseline', target: 'target', ours: 'ours' }
  const cells = [header, ...rows].map((row) => [row.measure, row.baseline ?? '', row.target ?? '', row.ours])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  console.log(`\n${heading}`)
  for (const [at, row] of cells.entries()) {
    console.log(
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}`,
    )
    if (at === 0) console.log(`  ${widths.map((width) => '-'.repeat(width)).join('  ')}`)
  }
}
