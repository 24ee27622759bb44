/// A whole phone for the tests: everything but the screens, before a server of its own.
import { Phone, type Outside } from '../src/app/phone'
import { type Behaviour, TestServer } from './server'

export const GRID = 'grid-aaaaaaaaaaaa'
let made = 0

export interface Whole {
  phone: Phone
  server: TestServer
  outside: Outside
  clock: { now: number }
}

/** A phone where chen has signed in and the first sync is through; the server has what `prepare` gives it. */
export async function wholePhone(
  behaviour: Behaviour = {},
  prepare: (server: TestServer) => Promise<void> = async () => undefined,
): Promise<Whole> {
  made += 1
  const server = new TestServer(`whole-server${made}`, behaviour)
  await prepare(server)
  const clock = { now: Date.parse('2026-11-22T01:00:00Z') }
  let dice = made
  const outside: Outside = {
    now: () => (clock.now += 1000),
    random: count => Uint8Array.from({ length: count }, () => (dice = (dice * 1103515245 + 12345) % 2147483648) >> 16),
    fetch: server.fetch,
    origin: 'http://server.test',
    prefix: `whole${made}-`,
    timers: { after: () => () => undefined },
    locale: () => 'zh-CN',
  }
  const phone = await Phone.open(outside)
  await phone.signIn('chen', 'secret')
  await phone.firstSync(() => undefined, new AbortController().signal)
  return { phone, server, outside, clock }
}
