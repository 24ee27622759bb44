import { describe, expect, it } from 'vitest'
import { emptyBook, note } from './book'
import { daysBetween, dayOf, fromWallClock, instant, shortTime, wallClock } from './dates'
import type { Body } from './json'
import { wellFormed } from './json'
import { commentsOf, reviewOf } from './review'
import { deviceName, ulid } from './ulid'

const NOW = Date.parse('2026-11-22T01:07:12.345Z')

describe('times', () => {
  it('are kept in UTC and shown by the clock of China', () => {
    expect(instant(NOW)).toBe('2026-11-22T01:07:12Z')
    expect(wallClock('2026-11-21T17:30:00Z')).toBe('2026-11-22T01:30')
    expect(fromWallClock('2026-11-22T01:30')).toBe('2026-11-21T17:30:00Z')
    expect(fromWallClock('')).toBe('')
    expect(dayOf(Date.parse('2026-11-21T16:00:00Z'))).toBe('2026-11-22')
    expect(daysBetween('2026-02-27', '2026-03-01')).toBe(2)
  })

  it.each([
    ['2026-11-22T01:00:00Z', '09:00'],
    ['2026-06-02T01:00:00Z', '6-2'],
    ['2025-12-31T01:00:00Z', '2025-12-31'],
    ['nonsense', ''],
  ])('%s is short for a list: %s', (iso, words) => {
    expect(shortTime(iso, NOW)).toBe(words)
  })
})

describe('names', () => {
  it('of documents are ULIDs, in the order of time', () => {
    const random = new Uint8Array(16).fill(31)
    expect(ulid(NOW, random)).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
    expect(ulid(NOW, random) < ulid(NOW + 1, new Uint8Array(16))).toBe(true)
    expect(ulid(1469918176385, new Uint8Array(16)).slice(0, 10)).toBe('01ARYZ6S41')
  })

  it('of devices are drawn by chance', () => {
    expect(deviceName(new Uint8Array(10).map((_, n) => n * 25))).toMatch(/^dev-[a-z2-7]{10}$/)
  })
})

describe('texts', () => {
  it('are well-formed wherever they stand', () => {
    expect(wellFormed({ a: ['x\uDC00', '👪'], b: { '\uD800': 1 } })).toEqual({ a: ['x\uFFFD', '👪'], b: { '\uFFFD': 1 } })
  })
})

describe('a review', () => {
  const table: Body = {
    workflow: 'review',
    initial: 'submitted',
    states: { submitted: {}, approved: {}, returned: {} },
    acts: [
      { act: 'approve', label: {}, from: ['submitted'], to: 'approved', who: ['community'], offline: false },
      { act: 'return', label: {}, from: ['submitted'], to: 'returned', who: ['community'], offline: false },
      { act: 'resubmit', label: {}, from: ['returned'], to: 'submitted', who: ['worker'], offline: true },
    ],
  }
  const ID = 'record:1'

  function reviewed(...steps: Body[]): ReturnType<typeof emptyBook> {
    const book = emptyBook()
    note(book, 'grid-a', ID, { form: 'visit', captured_by: 'chen', answers: {}, causal: { context: { 'dev-a': 2 } } })
    steps.forEach((step, n) => note(book, 'grid-a', `step:1:dev-d-${n}`, { record: ID, role: 'community', by: 'lin', ...step }))
    return book
  }

  it('is submitted without steps', () => {
    expect(reviewOf(reviewed(), ID, table)).toMatchObject({ state: 'submitted', changedSince: false })
  })

  it('tells what was changed since it was approved', () => {
    const fresh = reviewed({ act: 'approve', seen: { 'dev-a': 2 } })
    const stale = reviewed({ act: 'approve', seen: { 'dev-a': 1 } })
    expect(reviewOf(fresh, ID, table)).toMatchObject({ state: 'approved', changedSince: false })
    expect(reviewOf(stale, ID, table)).toMatchObject({ state: 'approved', changedSince: true })
  })

  it('goes back to submitted when the author answers', () => {
    const returned = { act: 'return', fields: { comment: '请核对', comments: { summary: '太短' } } }
    const answered = { act: 'resubmit', role: 'worker', by: 'chen', after: ['step:1:dev-d-0'] }
    expect(reviewOf(reviewed(returned), ID, table).state).toBe('returned')
    expect(commentsOf(reviewed(returned), ID)).toEqual({ comment: '请核对', comments: { summary: '太短' } })
    expect(reviewOf(reviewed(returned, answered), ID, table).state).toBe('submitted')
  })
})
