import { describe, expect, it } from 'vitest'
import { create, edit, openQuestions } from './causal'
import type { Body } from './json'
import { editOf } from './rebase'

const AT = '2026-11-22T01:00:00Z'
const LATER = '2026-11-22T02:00:00Z'

function household(): Body {
  const answers = { contact_phone: '13800000000', needs: ['01'] }
  return { captured_at: AT, captured_by: 'chen', answers, causal: create(answers, 'dev-a:1', AT, 'chen') }
}

describe('editing what somebody else changed meanwhile', () => {
  it('changes only what was touched', () => {
    const base = household()
    const arrived = edit(base, 'dev-b', { needs: ['02'] }, AT, 'zhang')
    const after = editOf(arrived, base, { ...(base.answers as Body), contact_phone: '13900000000' }, 'dev-a', LATER, 'chen')
    expect(after?.answers).toEqual({ contact_phone: '13900000000', needs: ['02'] })
    expect(openQuestions(after as Body).size).toBe(0)
  })

  it('keeps the unseen value of the same answer as a question', () => {
    const base = household()
    const arrived = edit(base, 'dev-b', { contact_phone: '13700000000' }, AT, 'zhang')
    const after = editOf(arrived, base, { ...(base.answers as Body), contact_phone: '13900000000' }, 'dev-a', LATER, 'chen')
    const open = openQuestions(after as Body).get('contact_phone')
    expect(open?.map(sibling => [sibling.value, sibling.by])).toEqual([
      ['13900000000', 'chen'],
      ['13700000000', 'zhang'],
    ])
  })

  it('replaces what had been seen', () => {
    const arrived = edit(household(), 'dev-b', { contact_phone: '13700000000' }, AT, 'zhang')
    const after = editOf(arrived, arrived, { contact_phone: '13900000000', needs: ['01'] }, 'dev-a', LATER, 'chen')
    expect(openQuestions(after as Body).size).toBe(0)
  })

  it('is nothing when nothing was changed', () => {
    const base = household()
    expect(editOf(base, base, base.answers ?? null, 'dev-a', LATER, 'chen')).toBeNull()
  })
})
