import { it } from 'node:test'
import { hostileDocuments } from '../bad-input/hostile-documents.ts'
import { searchedWhileHealthy } from '../bad-input/hostile-server.ts'

it('no hostile document blocks or kills a server that is asked to search them', () =>
  searchedWhileHealthy(Object.keys(hostileDocuments)))
