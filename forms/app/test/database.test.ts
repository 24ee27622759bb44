import { describe, expect, it } from 'vitest'
import { revision } from '../src/db/database'
import { create, edit, openQuestions } from '../src/pure/causal'
import type { Body } from '../src/pure/json'
import { testPhone } from './phone'

const AT = '2026-11-22T01:00:00Z'
const ID = 'household:01JD0000000000000000000000'

function household(): Body {
  const answers = { contact_phone: '13800000000', needs: ['01'] }
  return { form: 'household', captured_at: AT, captured_by: 'chen', answers, causal: create(answers, 'dev-a:1', AT, 'chen') }
}

describe('a database of the phone', () => {
  it('gives what was written, with the revision both sides compute', async () => {
    const database = (await testPhone()).database('grid-x')
    const made = revision(null, household())
    await database.write(ID, made)
    expect(await database.read(ID)).toEqual({ id: ID, rev: made.rev, deleted: false, body: household() })
    expect(await database.read('household:none')).toBeNull()
  })

  it('holds what it wrote once, however often it is written', async () => {
    const database = (await testPhone()).database('grid-x')
    const made = revision(null, household())
    await database.write(ID, made)
    const before = await database.info()
    await database.write(ID, made)
    expect(await database.info()).toEqual(before)
    expect(await database.holds(ID, made.rev)).toBe(true)
    expect(await database.holds(ID, '1-00000000000000000000000000000000')).toBe(false)
  })

  it('reads the join of two leaves, so that a question is open before any server has settled it', async () => {
    const database = (await testPhone()).database('grid-x')
    const born = revision(null, household())
    await database.write(ID, born)
    await database.write(ID, revision(born.rev, edit(household(), 'dev-a', { contact_phone: '13900000000' }, AT, 'chen')))
    await database.write(ID, revision(born.rev, edit(household(), 'dev-b', { contact_phone: '13700000000' }, AT, 'zhang')))
    const read = await database.read(ID)
    expect([...openQuestions(read?.body as Body).keys()]).toEqual(['contact_phone'])
    const [listed] = await database.withPrefix('household:')
    expect(listed).toEqual(read)
    const page = await database.since(0)
    expect(page.documents).toEqual([read])
  })

  it('makes lone surrogates well-formed: one of them would stop a whole batch', async () => {
    const made = revision(null, { ...household(), note: 'a\uD800b' })
    expect(made.body.note).toBe('a\uFFFDb')
  })
})
