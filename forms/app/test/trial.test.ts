import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isAuthor, isOnlyAuthor } from '../src/app/candidates'
import { startRecord } from '../src/app/starting'
import { forgetful } from '../src/app/trial'
import { STORES } from '../src/db/local'
import { finalise } from '../src/pure/check'
import type { Body } from '../src/pure/json'
import { Refusal } from '../src/sync/errors'
import type { Session } from '../src/sync/session'
import { openDesk } from '../src/ui/fill/filling'
import { observe } from '../src/ui/phone'
import { GRID, wholePhone, type Whole } from './whole'

const FORMS = (JSON.parse(readFileSync(new URL('../../vectors/compiled.json', import.meta.url), 'utf8')) as { forms: { [name: string]: Body } }).forms
const HAZARD = FORMS.safety_hazard!
const KEPT = { form: HAZARD, kept_at: '2026-11-25T08:00:00Z' }

/** Everything that this phone keeps. */
async function held({ phone }: Whole): Promise<string> {
  const stores = await Promise.all(STORES.map(store => phone.local.all(store)))
  const infos = await Promise.all(['forms', GRID].map(name => phone.database(name).info()))
  return JSON.stringify([stores, infos])
}

describe('a form that is tried', () => {
  it('is filled by the same rules and leaves nothing behind', async () => {
    const whole = await wholePhone({ candidates: [KEPT] })
    const { phone } = whole
    const form = await phone.candidates.open('safety_hazard')
    const before = await held(whole)
    const trial = forgetful(phone, form!)
    const draft = await startRecord(trial, 'safety_hazard', '', null)
    const desk = await openDesk({ ...(await observe(phone)), phone: trial }, draft.key, 'zh-CN')
    const photo = await trial.originals.keep('', new Blob(['a photo'], { type: 'image/jpeg' }))
    desk!.answer('description', '楼道堆物')
    desk!.answer('photos', [{ row: phone.newUlid(), sha256: photo.sha256, type: photo.type, bytes: photo.bytes }])
    expect(desk!.check().some(finding => finding.severity === 'error')).toBe(true)
    expect(finalise(desk!.filling())).toMatchObject({ description: '楼道堆物', level: '1' })
    desk!.flush()
    await desk!.leave()
    expect(await held(whole)).toBe(before)
    expect(await phone.drafts.all()).toEqual([])
    expect(await phone.unsentCount()).toBe(0)
    expect(phone.forms.find('safety_hazard')).toBe(null)
  })

  it('can be tried again without a network once it was opened, and not otherwise', async () => {
    const other = { form: { ...FORMS.grid_unit! }, kept_at: '2026-11-25T08:01:00Z' }
    const { phone, server } = await wholePhone({ candidates: [KEPT, other] })
    expect((await phone.candidates.all()).map(row => row.form)).toEqual(['safety_hazard', 'grid_unit'])
    await phone.candidates.open('safety_hazard')
    server.behaviour.down = true
    expect((await phone.candidates.all()).map(row => row.form)).toEqual(['safety_hazard'])
    expect((await phone.candidates.open('safety_hazard'))?.form).toBe('safety_hazard')
    expect(await phone.candidates.open('grid_unit')).toBe(null)
  })

  it('is the one that was handed in last, and none once it is published', async () => {
    const { phone, server } = await wholePhone({ candidates: [KEPT] })
    await phone.candidates.open('safety_hazard')
    server.behaviour.candidates = [{ form: { ...HAZARD, title: { 'zh-CN': '改过' } }, kept_at: '2026-11-25T09:00:00Z' }]
    expect((await phone.candidates.open('safety_hazard'))?.title).toEqual({ 'zh-CN': '改过' })
    server.behaviour.candidates = []
    expect(await phone.candidates.open('safety_hazard')).toBe(null)
    server.behaviour.down = true
    expect(await phone.candidates.all()).toEqual([])
  })

  it('is not there for whom the server refuses it', async () => {
    const { phone } = await wholePhone()
    await expect(phone.candidates.all()).rejects.toThrow(Refusal)
    await expect(phone.candidates.open('safety_hazard')).rejects.toThrow('没有权限')
  })
})

it('is for form authors and administrators, who may go from door to door as well', () => {
  const session = (role: string, grids: unknown[]): Session => ({ user: { roles: [{ role, scope: '' }] }, grids }) as unknown as Session
  expect(['author', 'admin', 'worker'].map(role => isAuthor(session(role, [])))).toEqual([true, true, false])
  expect([isOnlyAuthor(session('author', [])), isOnlyAuthor(session('author', [{}])), isOnlyAuthor(null)]).toEqual([true, false, false])
})
