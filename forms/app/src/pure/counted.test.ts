import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { withCountedRows } from './counted'
import { Filling } from './filling'
import { Form } from './form'
import type { Body } from './json'

const made = JSON.parse(readFileSync(new URL('../../../vectors/compiled.json', import.meta.url), 'utf8')) as {
  forms: { [name: string]: Body }
}
const form = new Form(made.forms.counted!)
const ids = (): (() => string) => {
  let last = 0
  return () => `0000000000000000000000000${++last}`
}

it('adds the rows that are missing, and those inside them', () => {
  const people = [{ row: '00000000000000000000000000', name: '甲', m: 1 }]
  expect(withCountedRows(new Filling(form, { n: 2, people }, {}), ids()).answers).toEqual({
    n: 2,
    people: [
      { row: '00000000000000000000000000', name: '甲', m: 1, things: [{ row: '00000000000000000000000002' }] },
      { row: '00000000000000000000000001' },
    ],
  })
})

it('leaves alone what has rows enough', () => {
  const answers = { n: 1, people: [{ row: '00000000000000000000000000' }, { row: '00000000000000000000000001' }] }
  const filling = new Filling(form, answers, {})
  expect(withCountedRows(filling, ids())).toBe(filling)
})
