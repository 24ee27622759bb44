import { describe, expect, it } from 'vitest'
import { revision } from '../src/db/database'
import type { Body } from '../src/pure/json'
import { Offline, SignedOut } from '../src/sync/errors'
import { firstPass, pass, type Progress } from '../src/sync/pass'
import { GRID, testPhone, type TestPhone } from './phone'

const AT = '2026-11-22T01:00:00Z'
const never = new AbortController().signal

function visit(n: number): { id: string; body: Body } {
  return { id: `record:01JD${String(n).padStart(22, '0')}`, body: { form: 'visit', answers: { summary: `第${n}次` } } }
}

async function write(phone: TestPhone, n: number): Promise<string> {
  const { id, body } = visit(n)
  const made = revision(null, body)
  await phone.outbox.announce({ database: GRID, id, rev: made.rev, what: 'record', form: 'visit', subject: null, at: AT })
  await phone.database(GRID).write(id, made)
  return id
}

async function fillServer(phone: TestPhone, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const { id, body } = visit(1000 + n)
    const { rev } = revision(null, body)
    await phone.server.database(GRID).bulkDocs([{ ...body, _id: id, _rev: rev }], { new_edits: false })
  }
}

const reaches = async (phone: TestPhone): Promise<Record<string, string>> =>
  Object.fromEntries((await phone.outbox.all()).map(row => [row.id, row.reach]))

describe('the first sync', () => {
  it('counts documents, truly, up to all of them', async () => {
    const phone = await testPhone()
    await phone.signIn()
    await fillServer(phone, 12)
    const told: Progress[] = []
    await firstPass(phone, progress => told.push(progress), never)
    expect(told[0]).toEqual({ done: 0, total: 12 })
    expect(told.at(-1)).toEqual({ done: 12, total: 12 })
    expect((await phone.database(GRID).info()).count).toBe(12)
  })

  it('goes on from where the network broke', async () => {
    const phone = await testPhone()
    await phone.signIn()
    await fillServer(phone, 5)
    phone.server.behaviour.left = 9
    await expect(firstPass(phone, () => undefined, never)).rejects.toThrow('Offline')
    delete phone.server.behaviour.left
    await firstPass(phone, () => undefined, never)
    expect((await phone.database(GRID).info()).count).toBe(5)
  })
})

describe('a pass', () => {
  it('says sent only of what the server says it holds', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const id = await write(phone, 1)
    expect(await reaches(phone)).toEqual({ [id]: 'waiting' })
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [id]: 'sent' })
    expect(await phone.outbox.unsent()).toEqual([])
  })

  it('remembers what the server will not take, why, and sends the rest', async () => {
    const phone = await testPhone()
    const [bad, good] = [visit(1).id, visit(2).id]
    phone.server.behaviour.refuse = id => (id === bad ? 'foreign_author: 不能以别人的名义提交' : undefined)
    await phone.signIn()
    await write(phone, 1)
    await write(phone, 2)
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [bad]: 'refused', [good]: 'sent' })
    const refused = await phone.local.all<{ id: string; reason: string }>('refused')
    expect(refused).toMatchObject([{ id: bad, reason: 'foreign_author: 不能以别人的名义提交' }])
    expect((await phone.outbox.unsent()).map(row => row.id)).toEqual([bad])
  })

  it('sends again what a push has passed and the server does not hold', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const id = await write(phone, 1)
    phone.server.behaviour.forget = true
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [id]: 'waiting' })
    phone.server.behaviour.forget = false
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [id]: 'sent' })
  })

  it('without a network raises Offline and loses nothing', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const id = await write(phone, 1)
    phone.server.behaviour.down = true
    await expect(pass(phone, never)).rejects.toThrow(Offline)
    expect(await reaches(phone)).toEqual({ [id]: 'waiting' })
    phone.server.behaviour.down = false
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [id]: 'sent' })
  })

  it('refreshes an access token that has run out, by itself', async () => {
    const phone = await testPhone({ token: 't1' })
    await phone.signIn()
    const id = await write(phone, 1)
    phone.server.behaviour.token = 't2'
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [id]: 'sent' })
  })

  it('is refused to a phone where nobody has signed in', async () => {
    await expect(pass(await testPhone(), never)).rejects.toThrow(SignedOut)
  })
})
