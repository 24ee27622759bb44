import { expect, it } from 'vitest'
import { answerAt, withAnswer, withoutRow, withRow } from './answers'

const ROW = '01JD0000000000000000000000'

it('sets an answer inside groups and rows without touching the rest', () => {
  const before = { checks: { gas: '1' }, members: [{ row: ROW, relation: '02' }] }
  const after = withAnswer(withAnswer(before, 'checks.power', '2'), `members.${ROW}.relation`, '20')
  expect(after).toEqual({ checks: { gas: '1', power: '2' }, members: [{ row: ROW, relation: '20' }] })
  expect(before.members[0]?.relation).toBe('02')
  expect(answerAt(after, `members.${ROW}.relation`)).toBe('20')
})

it('makes the row that a path names', () => {
  expect(withAnswer({}, `photos.${ROW}.sha256`, 'ab')).toEqual({ photos: [{ row: ROW, sha256: 'ab' }] })
})

it('marks a row others may have seen as removed, and drops a new one', () => {
  const answers = withRow({}, 'members', { row: ROW, relation: '02' })
  expect(withoutRow(answers, 'members', ROW, false)).toEqual({ members: [{ row: ROW, relation: '02', removed: true }] })
  expect(withoutRow(answers, 'members', ROW, true)).toEqual({ members: [] })
})
