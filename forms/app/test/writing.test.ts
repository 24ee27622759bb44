import { describe, expect, it } from 'vitest'
import { Phone } from '../src/app/phone'
import { startEdit, startMember, startRecord } from '../src/app/starting'
import { finish, recover, settle } from '../src/app/writing'
import { revision } from '../src/db/database'
import { context, create, edit, openQuestions } from '../src/pure/causal'
import type { Body } from '../src/pure/json'
import { GRID, wholePhone, type Whole } from './whole'

const AT = '2026-11-20T01:00:00Z'
const HOUSEHOLD = 'household:01JD0000000000000000000000'

async function household({ phone }: Whole): Promise<Body> {
  const answers = { contact_phone: '13800000000', members: [], visit_cycle_days: '30' }
  const body: Body = {
    form: 'household',
    form_version: 1,
    subject: null,
    captured_at: AT,
    captured_by: 'zhang',
    answers,
    causal: create(answers, 'dev-zzzzzzzzzz:1', AT, 'zhang'),
  }
  await phone.database(GRID).write(HOUSEHOLD, revision(null, body))
  await phone.arrived(GRID)
  return body
}

/** The app is killed at the moment it would drop the draft: the one thing left to do. */
async function killedBeforeTheEnd({ phone }: Whole, begin: () => Promise<void>): Promise<void> {
  const drop = phone.drafts.drop.bind(phone.drafts)
  phone.drafts.drop = () => Promise.reject(new Error('killed'))
  await expect(begin()).rejects.toThrow('killed')
  phone.drafts.drop = drop
}

const read = async ({ phone }: Whole, id: string): Promise<Body> => (await phone.database(GRID).read(id))?.body as Body

describe('saving a new record', () => {
  it('writes it as the contract says, and the draft is gone', async () => {
    const whole = await wholePhone()
    const draft = await startRecord(whole.phone, 'visit', GRID, HOUSEHOLD)
    await finish(whole.phone, draft, { summary: '一切正常' })
    const body = await read(whole, draft.id)
    const device = String(body.device)
    expect(body).toMatchObject({
      form: 'visit',
      subject: HOUSEHOLD,
      grid_path: ['350505', '350505001', '350505001999', '350505001999001'],
      captured_by: 'chen',
      home: { grid: GRID, move: 0 },
      answers: { summary: '一切正常' },
      causal: { born: `${device}:1`, context: { [device]: 1 } },
    })
    expect(String(body.captured_at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(await whole.phone.drafts.all()).toEqual([])
    expect(whole.phone.book.records.get(draft.id)?.summary).toBe('一切正常')
  })

  it('goes on where it was killed, and writes nothing twice', async () => {
    const whole = await wholePhone()
    const draft = await startRecord(whole.phone, 'visit', GRID, HOUSEHOLD)
    await killedBeforeTheEnd(whole, () => finish(whole.phone, draft, { summary: '一切正常' }))
    const before = await whole.phone.database(GRID).read(draft.id)
    await recover(whole.phone)
    expect(await whole.phone.database(GRID).read(draft.id)).toEqual(before)
    expect(await whole.phone.drafts.all()).toEqual([])
  })

  it('reaches the server with the revision this phone gave it', async () => {
    const whole = await wholePhone()
    const draft = await startRecord(whole.phone, 'visit', GRID, HOUSEHOLD)
    await finish(whole.phone, draft, { summary: '一切正常' })
    await whole.phone.engine.request()
    const mine = await whole.phone.database(GRID).read(draft.id)
    expect((await whole.server.database(GRID).get(draft.id))._rev).toBe(mine?.rev)
    expect((await whole.phone.outbox.all())[0]?.reach).toBe('sent')
  })

  it('gives back the draft of the same form about the same household', async () => {
    const { phone } = await wholePhone()
    const first = await startRecord(phone, 'visit', GRID, HOUSEHOLD)
    expect((await startRecord(phone, 'visit', GRID, HOUSEHOLD)).key).toBe(first.key)
  })
})

describe('editing a file', () => {
  it('changes only what was touched, on what has arrived meanwhile', async () => {
    const whole = await wholePhone()
    const born = await household(whole)
    const draft = await startEdit(whole.phone, GRID, HOUSEHOLD)
    const arrived = edit(born, 'dev-zzzzzzzzzz', { visit_cycle_days: '90' }, AT, 'zhang')
    await whole.phone.database(GRID).write(HOUSEHOLD, revision(revision(null, born).rev, arrived))
    await finish(whole.phone, draft!, { ...(born.answers as Body), contact_phone: '13900000000' })
    const body = await read(whole, HOUSEHOLD)
    expect(body.answers).toMatchObject({ contact_phone: '13900000000', visit_cycle_days: '90' })
    expect(openQuestions(body).size).toBe(0)
  })

  it('that changes nothing writes nothing', async () => {
    const whole = await wholePhone()
    const born = await household(whole)
    const draft = await startEdit(whole.phone, GRID, HOUSEHOLD)
    await finish(whole.phone, draft!, born.answers as Body)
    expect(await whole.phone.outbox.all()).toEqual([])
    expect(await whole.phone.drafts.all()).toEqual([])
  })

  it('shows a question that two left open, and one pick settles it', async () => {
    const whole = await wholePhone()
    const born = await household(whole)
    const parent = revision(null, born).rev
    await whole.phone.database(GRID).write(HOUSEHOLD, revision(parent, edit(born, 'dev-a', { contact_phone: '1' }, AT, 'chen')))
    await whole.phone.database(GRID).write(HOUSEHOLD, revision(parent, edit(born, 'dev-b', { contact_phone: '2' }, AT, 'zhang')))
    await whole.phone.arrived(GRID)
    expect(whole.phone.book.households.get(HOUSEHOLD)?.open).toBe(1)
    await settle(whole.phone, GRID, HOUSEHOLD, 'contact_phone', '2')
    expect(whole.phone.book.households.get(HOUSEHOLD)).toMatchObject({ open: 0, phone: '2' })
  })
})

describe('a new member', () => {
  it('is a person and a row of the household, once, even when killed in between', async () => {
    const whole = await wholePhone()
    await household(whole)
    const draft = await startMember(whole.phone, GRID, HOUSEHOLD)
    const joining = { ...draft, joins: { ...draft.joins!, relation: '20' } }
    await killedBeforeTheEnd(whole, () => finish(whole.phone, joining, { name: '林小明' }))
    await whole.phone.arrived(GRID)
    await recover(whole.phone)
    const members = whole.phone.book.households.get(HOUSEHOLD)?.members
    expect(members).toEqual([{ row: draft.joins!.row, personId: draft.id, relation: '20', livesHere: true }])
    expect(context(await read(whole, HOUSEHOLD)).get(whole.phone.session()!.device)).toBe(1)
  })
})

describe('a returned record', () => {
  it('is corrected and submitted again, by a step that names what it answers', async () => {
    const whole = await wholePhone()
    const { phone } = whole
    const draft = await startRecord(phone, 'visit', GRID, HOUSEHOLD)
    await finish(phone, draft, { summary: '好' })
    const stepId = `step:${draft.id.slice(7)}:dev-desk000000-01JD0000000000000000000001`
    const returned = { record: draft.id, act: 'return', at: AT, by: 'lin', role: 'community', after: [], seen: {}, fields: {} }
    await phone.database(GRID).write(stepId, revision(null, returned))
    await phone.arrived(GRID)
    const comments = { comment: '', comments: { summary: '太简单' } }
    const correction = await startEdit(phone, GRID, draft.id, comments)
    await killedBeforeTheEnd(whole, () => finish(phone, correction!, { summary: '核对了四口人' }))
    await recover(phone)
    const steps = [...(phone.book.steps.get(draft.id)?.values() ?? [])].filter(step => step.body.act === 'resubmit')
    const device = phone.session()!.device
    expect(steps).toHaveLength(1)
    expect(steps[0]?.body).toMatchObject({ by: 'chen', role: 'worker', device, after: [stepId], seen: { [device]: 2 } })
    expect(await read(whole, draft.id)).toMatchObject({ answers: { summary: '核对了四口人' } })
  })
})

describe('the phone', () => {
  it('knows after a restart without a network what it knew before', async () => {
    const whole = await wholePhone()
    await household(whole)
    const draft = await startRecord(whole.phone, 'visit', GRID, HOUSEHOLD)
    whole.server.behaviour.down = true
    const again = await Phone.open(whole.outside)
    expect(again.book).toEqual(whole.phone.book)
    expect(await again.drafts.find(draft.key)).toEqual(draft)
    expect(again.session()?.user.name).toBe('chen')
  })

  it('does not sign out while something is on this phone only', async () => {
    const { phone } = await wholePhone()
    await startRecord(phone, 'visit', GRID, HOUSEHOLD)
    expect(await phone.signOut()).toBe(false)
    expect(phone.session()).not.toBeNull()
  })
})
