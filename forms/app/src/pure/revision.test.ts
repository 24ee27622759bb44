import { describe, expect, it } from 'vitest'
import { generation, nextRev } from './revision'

describe('nextRev', () => {
  it('gives the id that sync/revisions.py gives', () => {
    expect(nextRev(null, {})).toBe('1-a6585dafacfcf8012993b0edfb127604')
    expect(nextRev('3-aa', { b: [1.5, '陈', null, true], a: { x: 1e21 } })).toBe('4-9dade7026aeadb45dcf59d4596ea0e08')
  })
  it('does not depend on the order of members or the spelling of numbers', () => {
    expect(nextRev('1-a', { b: 1.0, a: '中' })).toBe(nextRev('1-a', { a: '中', b: 1 }))
  })
  it('counts generations from the parent', () => {
    expect(generation(nextRev('41-ffff', { a: 1 }))).toBe(42)
  })
})
