import { describe, expect, it } from 'vitest'
import { emptyBook, note, rowList } from './book'
import { create, edit, join } from './causal'
import { buildings, naturally, search, searchable } from './doors'
import type { Body } from './json'
import { dueByHousehold, dueList, freshness } from './visits'

const GRID = 'grid-a'
const AT = '2026-11-01T01:00:00Z'
const RULE = {
  forms: ['visit'], at: 'visited_at', result: 'result', done: ['1', '7'], retry: 'retry_at',
  every: 'visit_cycle_days', every_days: 180, start: 'move_in_date',
}

function file(answers: Body, subject: string | null = null): Body {
  return { form: 'x', subject, captured_at: AT, captured_by: 'chen', answers, causal: create(answers, 'dev-a:1', AT, 'chen') }
}

function town(): ReturnType<typeof emptyBook> {
  const book = emptyBook()
  const doors: [string, string, string, number, string][] = [
    ['a', '3', '1', 5, '501'],
    ['b', '3', '1', 5, '502'],
    ['c', '10', '', 1, '101'],
    ['d', '3', '2', 12, '1201'],
  ]
  for (const [id, building, unit, floor, room] of doors) {
    note(book, GRID, `dwelling:${id}`, file({ building, unit, floor_no: floor, room_no: room, address_full: `聚福路${building}栋${room}` }))
  }
  for (const [id, name, phone] of [['a', '陈德福', '13800138001'], ['b', '林小明', '13900139002']] as const) {
    note(book, GRID, `person:${id}`, file({ name, phone }, `household:${id}`))
    const members = [{ row: '01JD', person_id: `person:${id}`, relation: '02', lives_here: true }]
    note(book, GRID, `household:${id}`, file({ dwelling_id: `dwelling:${id}`, members, contact_phone: phone, visit_cycle_days: '30' }))
  }
  return book
}

function visit(at: string, result: string, more: Body = {}): Body {
  return { ...file({ visited_at: at, result, ...more }, 'household:a'), form: 'visit', form_version: 1 }
}

describe('doors', () => {
  it('are counted as people count them: 3 before 10, the top floor first', () => {
    const found = buildings(town(), GRID)
    expect(found.map(one => [one.building, one.householdCount])).toEqual([['3', 2], ['10', 0]])
    expect(found[0]?.units.map(unit => [unit.unit, unit.floors.map(floor => floor.floor)])).toEqual([['1', [5]], ['2', [12]]])
    expect(found[0]?.units[0]?.floors[0]?.doors.map(door => door.dwelling.room)).toEqual(['501', '502'])
    expect(buildings(town(), 'grid-b')).toEqual([])
  })

  it('sort names with and without numbers', () => {
    expect(['10栋', '2栋', 'A座', '2栋东'].sort(naturally)).toEqual(['2栋', '2栋东', '10栋', 'A座'])
  })

  it.each([
    ['德福', ['household:a']],
    ['3-502', ['household:b']],
    ['3-1-501', ['household:a']],
    ['9002', ['household:b']],
    ['02', ['household:b']],
    ['聚福路 林', ['household:b']],
    ['没有这个人', []],
    ['  ', []],
  ])('are found by %s', (words, ids) => {
    expect(search(searchable(town()), words).map(household => household.id)).toEqual(ids)
  })

  it('that begin with the words come first', () => {
    const book = town()
    note(book, GRID, 'dwelling:b', file({ building: '13', unit: '1', floor_no: 5, room_no: '501' }))
    expect(search(searchable(book), '3-501').map(one => one.id)).toEqual(['household:a', 'household:b'])
  })
})

describe('visits', () => {
  it('are due by the last one that met somebody', () => {
    const book = town()
    note(book, GRID, 'record:1', visit('2026-10-01T02:00:00Z', '1'))
    note(book, GRID, 'record:2', visit('2026-11-10T02:00:00Z', '3'))
    const due = dueByHousehold(book, RULE, '2026-11-22')
    expect(due.get('household:a')).toMatchObject({ on: '2026-10-31', lateDays: 22 })
    expect(freshness(due.get('household:a'))).toBe('late')
    expect(freshness(due.get('household:b'))).toBe('never')
    expect(dueList(book, due).map(one => one.household.id)).toEqual(['household:a', 'household:b'])
  })

  it('that were promised come when they were promised', () => {
    const book = town()
    note(book, GRID, 'record:1', visit('2026-11-20T02:00:00Z', '1'))
    note(book, GRID, 'record:2', visit('2026-11-21T02:00:00Z', '2', { retry_at: '2026-11-24T02:00:00Z' }))
    const due = dueByHousehold(book, RULE, '2026-11-22')
    expect(due.get('household:a')).toMatchObject({ on: '2026-11-24', why: 'retry' })
    expect(freshness(due.get('household:a'))).toBe('soon')
  })

  it('are nobody’s without a rule', () => {
    expect(dueByHousehold(town(), null, '2026-11-22').size).toBe(0)
  })
})

describe('the book', () => {
  it('forgets what is gone or removed', () => {
    const book = town()
    note(book, GRID, 'household:a', null)
    note(book, GRID, 'household:b', file({ removed: true }))
    expect(book.households.size).toBe(0)
  })

  it('counts the answers a person has to decide, by the rules of the form', () => {
    const born = file({ contact_phone: '1', needs: ['01'] })
    const mine = edit(born, 'dev-a', { contact_phone: '2', needs: ['02'] }, AT, 'chen')
    const theirs = edit(born, 'dev-b', { contact_phone: '3', needs: ['03'] }, AT, 'zhang')
    const book = emptyBook()
    const joined = join(mine, theirs)
    note(book, GRID, 'household:x', joined)
    expect(book.households.get('household:x')?.open).toBe(2)
    note(book, GRID, 'household:x', joined, { needs: 'union' })
    expect(book.households.get('household:x')?.open).toBe(1)
  })

  it('lists rows in the order of their ids, removed ones left out', () => {
    expect(rowList([{ row: '02' }, { row: '01', removed: true }, { row: '00' }])).toEqual([{ row: '00' }, { row: '02' }])
  })
})
