import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startRecord } from '../src/app/starting'
import { finish } from '../src/app/writing'
import type { Body } from '../src/pure/json'
import { openDesk } from '../src/ui/fill/filling'
import { observe } from '../src/ui/phone'
import { stateWords } from '../src/ui/views'
import { revision } from '../src/db/database'
import { GRID, wholePhone, type Whole } from './whole'

const FORMS = (JSON.parse(readFileSync(new URL('../../vectors/compiled.json', import.meta.url), 'utf8')) as { forms: { [name: string]: Body } }).forms
const SHOP = 'dwelling:01JD0000000000000000000001'
const VISIT = 'record:01JD0000000000000000000002'

async function equipped(...names: string[]): Promise<Whole> {
  const whole = await wholePhone()
  for (const name of names) whole.phone.forms.note(`form:${name}:1`, FORMS[name]!)
  return whole
}

describe('beginning a record', () => {
  it('that comes from another keeps saying so, beside the defaults of its form', async () => {
    const { phone } = await equipped('safety_hazard')
    const draft = await startRecord(phone, 'safety_hazard', GRID, null, VISIT)
    const desk = await openDesk(await observe(phone), draft.key, 'zh-CN')
    expect(desk?.draft.value.answers).toEqual({ source_ref: VISIT, level: '1' })
  })

  it('from another record is another record', async () => {
    const { phone } = await equipped('safety_hazard')
    const first = await startRecord(phone, 'safety_hazard', GRID, null, VISIT)
    expect((await startRecord(phone, 'safety_hazard', GRID, null, VISIT)).key).toBe(first.key)
    expect((await startRecord(phone, 'safety_hazard', GRID, null)).key).not.toBe(first.key)
  })

  it('of a file makes a file', async () => {
    const { phone } = await equipped('grid_unit')
    const draft = await startRecord(phone, 'grid_unit', GRID, null)
    expect(draft.id).toMatch(/^grid_unit:[0-9A-HJKMNP-TV-Z]{26}$/)
    await finish(phone, draft, { level: '60', name: '22栋' })
    expect(phone.book.others.get(draft.id)).toEqual({ id: draft.id, database: GRID, kind: 'grid_unit', name: '22栋' })
  })

  it('begins with what the last visit to the shop said', async () => {
    const { phone } = await equipped('merchant_visit')
    const first = await startRecord(phone, 'merchant_visit', GRID, SHOP)
    await finish(phone, first, { shop_name: '阿香理发店', trade: '03', owner_name: '李阿香', result: '1', visited_at: '2026-11-01T01:00:00Z' })
    const again = await startRecord(phone, 'merchant_visit', GRID, SHOP)
    const desk = await openDesk(await observe(phone), again.key, 'zh-CN')
    expect(desk?.draft.value.answers).toMatchObject({ shop_name: '阿香理发店', trade: '03', owner_name: '李阿香' })
  })
})

describe('the time', () => {
  it('at which answers were found right is the one kept with them', async () => {
    const { phone } = await equipped()
    const calculation = { source: 'now()', ast: ['call', 'now', []] }
    const questions: Body[] = [{ name: 'note', type: 'text' }, { name: 'on', type: 'calculate', calculation }]
    phone.forms.note('form:clock:1', { form: 'clock', version: 1, kind: 'record', questions })
    const draft = await startRecord(phone, 'clock', GRID, null)
    const desk = (await openDesk(await observe(phone), draft.key, 'zh-CN'))!
    desk.answer('note', '一切正常')
    expect(desk.check()).toEqual([])
    await desk.save()
    const { answers, captured_at: at } = (await phone.database(GRID).read(draft.id))!.body as { answers: Body; captured_at: string }
    expect(answers).toEqual({ note: '一切正常', on: at })
  })
})

describe('a matter', () => {
  it('says where it stands in the words of its table', async () => {
    const { phone } = await equipped('appeal')
    const draft = await startRecord(phone, 'appeal', GRID, null)
    await finish(phone, draft, { title: '楼道灯坏了' })
    const seen = await observe(phone)
    expect(stateWords(seen, draft.id, 'zh-CN')).toBe('')
    const step: Body = { record: draft.id, act: 'register', by: 'lin', role: 'community', at: '2026-11-22T02:00:00Z', after: [], fields: {} }
    await phone.database(GRID).write(`step:${draft.id.slice(7)}:dev-desk-01JD0000000000000000000009`, revision(null, step))
    await phone.arrived(GRID)
    expect(stateWords(seen, draft.id, 'zh-CN')).toBe('已受理')
    expect(stateWords(seen, draft.id, 'en')).toBe('Registered')
  })
})
