import { describe, expect, it } from 'vitest'
import { revision } from '../src/db/database'
import type { Body } from '../src/pure/json'
import { Offline, SignedOut } from '../src/sync/errors'
import type { Progress } from '../src/sync/filling'
import { firstPass, pass } from '../src/sync/pass'
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

async function fillServer(phone: TestPhone, count: number, first = 1000): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const { id, body } = visit(first + n)
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

  it.each([true, false])('goes on from where the network broke, also of an older server (%s)', async old => {
    const phone = await testPhone({ old })
    await phone.signIn()
    await fillServer(phone, 5)
    for (let left = 3; left < 9; left += 1) {
      phone.server.behaviour.left = left
      await expect(firstPass(phone, () => undefined, never)).rejects.toThrow('Offline')
    }
    delete phone.server.behaviour.left
    await firstPass(phone, () => undefined, never)
    expect((await phone.database(GRID).info()).count).toBe(5)
  })

  it('is one stream, and nothing is asked for or compared again', async () => {
    const phone = await testPhone()
    await phone.signIn()
    await fillServer(phone, 5)
    await firstPass(phone, () => undefined, never)
    await pass(phone, never)
    const { asked } = phone.server
    expect(asked.filter(request => request.endsWith('/snapshot'))).toHaveLength(2)
    expect(asked.filter(request => /_bulk_get|_revs_diff|_bulk_docs/.test(request))).toEqual([])
  })

  it('keeps what came of a stream that broke off, and asks for the rest', async () => {
    const phone = await testPhone({ cut: 4 })
    await phone.signIn()
    await fillServer(phone, 12)
    await expect(firstPass(phone, () => undefined, never)).rejects.toThrow('Offline')
    expect((await phone.database(GRID).info()).count).toBe(3)
    expect((await phone.database(GRID).place())?.behind?.since).toBe(3)
    phone.server.behaviour.cut = 5
    const told: Progress[] = []
    await expect(firstPass(phone, progress => told.push(progress), never)).rejects.toThrow('Offline')
    expect(told[0]).toEqual({ done: 3, total: 12 })
    expect(told.at(-1)).toEqual({ done: 7, total: 12 })
    delete phone.server.behaviour.cut
    await firstPass(phone, progress => told.push(progress), never)
    expect(told.at(-1)).toEqual({ done: 12, total: 12 })
    expect((await phone.database(GRID).info()).count).toBe(12)
  })

  it('takes every leaf of a document in conflict, and what is deleted', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const { id, body } = visit(1)
    const first = revision(null, body)
    const [mine, theirs] = ['甲', '乙'].map(summary => revision(first.rev, { ...body, answers: { summary } }))
    const ids = (rev: string): string => rev.slice(2)
    await phone.server.database(GRID).bulkDocs(
      [mine!, theirs!].map(edit => ({
        ...edit.body, _id: id, _rev: edit.rev, _revisions: { start: 2, ids: [ids(edit.rev), ids(first.rev)] },
      })),
      { new_edits: false },
    )
    const gone = revision(null, {})
    await phone.server.database(GRID).bulkDocs([{ _id: 'gone', _rev: gone.rev, _deleted: true }], { new_edits: false })
    await firstPass(phone, () => undefined, never)
    for (const rev of [mine!.rev, theirs!.rev]) expect(await phone.database(GRID).holds(id, rev)).toBe(true)
    expect((await phone.database(GRID).read('gone'))?.deleted).toBe(true)
  })

  it('begins again where the server was restored meanwhile, and gives back what that has lost', async () => {
    const phone = await testPhone({ cut: 9 })
    await phone.signIn()
    await fillServer(phone, 12)
    await expect(firstPass(phone, () => undefined, never)).rejects.toThrow('Offline')
    const lost = visit(1002).id
    phone.server.restore(GRID)
    await fillServer(phone, 2)
    await fillServer(phone, 3, 2000)
    Object.assign(phone.server.behaviour, { cut: undefined, epoch: 1 })
    expect(await phone.server.database(GRID).get(lost).catch(error => error.status)).toBe(404)
    await firstPass(phone, () => undefined, never)
    expect((await phone.database(GRID).info()).count).toBe(8 + 3)
    expect(await phone.server.database(GRID).get(lost)).toMatchObject({ _id: lost })
  })

  it('of a grid that is given to somebody later is a stream too, and what was saved meanwhile is sent', async () => {
    const phone = await testPhone()
    await phone.signIn()
    await fillServer(phone, 5)
    phone.server.behaviour.cut = 3
    await expect(pass(phone, never)).rejects.toThrow('Offline')
    const id = await write(phone, 1)
    delete phone.server.behaviour.cut
    await pass(phone, never)
    expect(await reaches(phone)).toEqual({ [id]: 'sent' })
    expect((await phone.database(GRID).info()).count).toBe(6)
  })

  it('stops when it is told to, keeps what it has, and goes on', async () => {
    const phone = await testPhone()
    await phone.signIn()
    await fillServer(phone, 12)
    const stop = new AbortController()
    await firstPass(phone, ({ done }) => done > 0 && stop.abort(), stop.signal)
    expect((await phone.database(GRID).place())?.finished).toBe(false)
    await firstPass(phone, () => undefined, never)
    expect((await phone.database(GRID).info()).count).toBe(12)
    expect((await phone.database(GRID).place())?.finished).toBe(true)
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
