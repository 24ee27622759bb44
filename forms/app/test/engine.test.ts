import { describe, expect, it } from 'vitest'
import { SyncEngine, type SyncState } from '../src/sync/engine'
import { testPhone, type TestPhone } from './phone'

/** Timers that go off when the test says so. */
class Timers {
  readonly waits: number[] = []
  after = (ms: number): (() => void) => {
    this.waits.push(ms)
    return () => undefined
  }
}

async function engine(phone: TestPhone): Promise<{ engine: SyncEngine; timers: Timers; states: SyncState[] }> {
  const timers = new Timers()
  const made = new SyncEngine(phone, timers, async () => undefined, null)
  const states: SyncState[] = []
  made.observe(state => states.push(state))
  return { engine: made, timers, states }
}

describe('the sync engine', () => {
  it('waits longer after each failure, and as usual after a success', async () => {
    const phone = await testPhone({ down: true })
    phone.server.behaviour.down = false
    await phone.signIn()
    phone.server.behaviour.down = true
    const { engine: made, timers } = await engine(phone)
    for (let n = 0; n < 3; n += 1) expect((await made.request()).trouble).toBe('offline')
    phone.server.behaviour.down = false
    expect((await made.request()).trouble).toBeNull()
    expect(timers.waits).toEqual([5_000, 10_000, 20_000, 60_000])
  })

  it('asks for a new sign-in when the server no longer knows the phone, and then waits for it', async () => {
    const { engine: made, timers } = await engine(await testPhone())
    expect((await made.request()).trouble).toBe('signed-out')
    expect(timers.waits).toEqual([])
  })

  it('asked twice at once runs once more, not twice at a time', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const { engine: made, states } = await engine(phone)
    await Promise.all([made.request(), made.request(), made.request()])
    expect(states.filter(state => state.lastSuccessAt !== null && !state.running)).toHaveLength(1)
    expect(phone.server.asked.filter(line => line === 'GET /api/session')).toHaveLength(2)
  })
})
