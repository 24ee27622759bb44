/// A phone for the tests: the real stores on an IndexedDB in memory, a clock that is turned by hand.
import { IDBFactory } from 'fake-indexeddb'
import { Database } from '../src/db/database'
import { LocalStore } from '../src/db/local'
import { Outbox } from '../src/sync/outbox'
import type { World } from '../src/sync/pass'
import { Originals } from '../src/sync/photos'
import { Remote } from '../src/sync/remote'
import type { Session } from '../src/sync/session'
import { TestServer, type Behaviour } from './server'

export const GRID = 'grid-aaaaaaaaaaaa'
let made = 0

export interface TestPhone extends World {
  server: TestServer
  local: LocalStore
  clock: { now: number }
  signIn(): Promise<void>
}

/** A signed-out phone before a server of its own. */
export async function testPhone(behaviour: Behaviour = {}): Promise<TestPhone> {
  made += 1
  const name = `phone${made}`
  const server = new TestServer(`server${made}`, behaviour)
  const local = await LocalStore.open(name, new IDBFactory())
  const clock = { now: Date.parse('2026-11-22T01:00:00Z') }
  let kept: Session | null = null
  const keeper = {
    read: () => kept,
    write: async (session: Session) => {
      kept = session
    },
  }
  const remote = new Remote('http://server.test', server.fetch, () => clock.now, keeper, () => 'zh-CN')
  const databases = new Map<string, Database>()
  return {
    server,
    local,
    clock,
    remote,
    outbox: new Outbox(local),
    originals: new Originals(local),
    session: () => kept,
    now: () => clock.now,
    arrived: async () => undefined,
    grafted: () => undefined,
    database: wanted => {
      const open = databases.get(wanted) ?? new Database(wanted, `${name}-`)
      databases.set(wanted, open)
      return open
    },
    signIn: async () => {
      await remote.signIn('chen', 'secret', 'dev-aaaaaaaaaa')
    },
  }
}
