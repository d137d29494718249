import { readRecords } from './data.ts'

/** One paper of SciTLDR-A (Cachola et al. 2020). The oracle fields of the release are deliberately not declared. */
export interface TldrPaper {
  paper_id: string
  title: string
  source: string[]
  target: string[]
}

export function tldrPapers(split: 'train' | 'eval'): TldrPaper[] {
  return readRecords<TldrPaper>(`scitldr/${split}.jsonl`)
}
