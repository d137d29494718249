import type { Approach } from './approaches.ts'
import type { Reading } from './shapes.ts'

export type Member = { reading: Reading; approach: Approach }

/** Papers that belong together. `axis` says by what they were grouped. */
export type Group = { name: string; members: Member[]; axis: 'area' | 'approach' | 'terms' }
