/** What Concord is tested with, shipped so that teams built on it can be tested the same way. */
export * from './model.ts'
