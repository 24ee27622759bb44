import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answersOf, Chance, edited, randomForm } from '../../test/forms'
import { withAnswer, withoutRow } from './answers'
import { check, finalise } from './check'
import { Filling } from './filling'
import { Form, treeOf } from './form'
import type { Body, Json } from './json'
import type { Spot } from './spot'

const made = JSON.parse(readFileSync(new URL('../../../vectors/compiled.json', import.meta.url), 'utf8')) as {
  kit: Body
  forms: { [name: string]: Body }
}
const CONTEXT: Body = { now: '2026-11-22T02:00:00Z', today: '2026-11-22', locale: 'zh-CN', seed: 'record:1', subject: { phone: '1' } }
const OTHERWISE: Body[] = [{ locale: 'en' }, { now: '2026-11-23T02:00:00Z', today: '2026-11-23' }, { subject: null }, { seed: 'record:2' }]

/** All that can be asked of a question at a spot. */
function asked(filling: Filling, spot: Spot): Json {
  const { node, path } = spot
  const holds = (column: string): boolean => column in node.question && filling.holds(treeOf(node.question, column), spot)
  return [
    path,
    filling.relevant(spot),
    filling.value(spot),
    filling.current(spot),
    filling.answer(spot),
    filling.required(spot),
    filling.offered(spot).map(item => item.name!),
    filling.label(spot),
    [...filling.called(spot)],
    node.isRepeat ? [...filling.rows(node.path, spot.rows)] : null,
    filling.count(spot),
    filling.lacksRows(spot),
    holds('constraint'),
    holds('warn'),
  ]
}

function spotsOf(filling: Filling): Spot[] {
  return [...filling.form.nodes.values()].flatMap(node => filling.spots(node))
}

function whole(filling: Filling): string {
  return JSON.stringify([spotsOf(filling).map(spot => asked(filling, spot)), check(filling), finalise(filling)])
}

/** Edit and edit again, now and then back to where it was or in another context; gives how often that made a difference. */
function compareWhileEdited(form: Form, chance: Chance, edits: number): number {
  let filling = new Filling(form, answersOf(chance, form, ''), CONTEXT)
  const past: [Filling, string][] = []
  let differences = 0
  for (let edit = 0; edit < edits; edit++) {
    const settings = chance.is(0.15) ? { ...CONTEXT, ...chance.pick(OTHERWISE) } : filling.settings
    const [back, known] = chance.is(0.1) && past.length > 0 ? chance.pick(past) : [null, '']
    if (back !== null) expect(whole(back)).toBe(known)
    const next = back === null ? filling.after(edited(chance, filling), settings) : filling.after(back.answers, settings)
    for (const spot of spotsOf(next)) if (chance.is(0.2)) asked(next, spot) // in an order of chance
    if (chance.is(0.7)) {
      const found = whole(next)
      expect(found).toBe(whole(new Filling(form, next.answers, settings)))
      if (found !== past[past.length - 1]?.[1]) differences += 1
      past.push([next, found])
    }
    filling = next
  }
  return differences
}

describe('a filling after another', () => {
  it.each(Object.entries({ ...made.forms, kit: made.kit }))('is what a fresh one is, whatever was done to %s', (name, published) => {
    const chance = new Chance([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))
    expect(compareWhileEdited(new Form(published), chance, 60)).toBeGreaterThan(20)
  })

  it('is what a fresh one is in forms nobody would write', () => {
    const chance = new Chance(20261125)
    let differences = 0
    for (let form = 0; form < 120; form++) differences += compareWhileEdited(new Form(randomForm(chance)), chance, 30)
    expect(differences).toBeGreaterThan(1500)
  })
})

describe('an answer', () => {
  const evaluated: string[] = []
  /** An expression that says when it is evaluated. */
  const told = (name: string, ast: Json): Body =>
    Object.defineProperty({ source: '' }, 'ast', { get: () => (evaluated.push(name), ast) }) as unknown as Body
  const ROW = ['1', '2'].map(digit => '0'.repeat(25) + digit)
  const form = new Form({
    form: 'counting',
    version: 1,
    choices: { towns: [{ name: 't', in: 'x', label: {} }, { name: 'u', in: 'y', label: {} }] },
    questions: [
      { name: 'unread', type: 'text' },
      { name: 'kind', type: 'text' },
      { name: 'detail', type: 'text', relevant: told('detail', ['op', '=', ['ref', 'kind'], ['str', 'x']]) },
      { name: 'long', type: 'calculate', calculation: told('long', ['call', 'string-length', [['ref', 'detail']]]) },
      { name: 'more', type: 'text', relevant: told('more', ['op', '>', ['ref', 'long'], ['num', 3]]), required: told('must', ['call', 'true', []]) },
      { name: 'town', type: 'select_one', choices: 'towns', choice_filter: told('town', ['op', '=', ['col', 'in'], ['ref', 'kind']]) },
      { name: 'now', type: 'calculate', calculation: told('now', ['call', 'now', []]) },
      {
        name: 'rows',
        type: 'repeat',
        questions: [
          { name: 'n', type: 'integer' },
          { name: 'twice', type: 'calculate', calculation: told('twice', ['op', '*', ['ref', 'rows.n'], ['num', 2]]) },
        ],
      },
      { name: 'sum', type: 'calculate', calculation: told('sum', ['call', 'sum', [['ref', 'rows.twice']]]) },
    ],
  })
  const answers: Body = { kind: 'x', detail: 'abcd', rows: ROW.map((row, n) => ({ row, n })) }
  const begun = new Filling(form, answers, CONTEXT)
  whole(begun)

  /** What is evaluated anew when the answers, or the context, become others, and everything is asked again. */
  function anew(next: Body, settings: Body = CONTEXT): string[] {
    evaluated.length = 0
    const filling = begun.after(next, settings)
    for (const spot of spotsOf(filling)) asked(filling, spot)
    return evaluated.splice(0).sort()
  }

  it('that nobody reads has nothing evaluated', () => {
    expect(anew(withAnswer(answers, 'unread', 'a'))).toEqual([])
    expect(anew({ ...answers, elsewhere: 1 })).toEqual([])
  })

  it('has those evaluated that read it, and nothing behind one that stays as it was', () => {
    expect(anew(withAnswer(answers, 'detail', 'dcba'))).toEqual(['long'])
    expect(anew(withAnswer(answers, 'detail', 'a'))).toEqual(['long', 'more'])
    expect(anew(withAnswer(answers, 'kind', 'y'))).toEqual(['detail', 'long', 'more', 'town'])
  })

  it('in a row leaves the other rows alone', () => {
    expect(anew(withAnswer(answers, `rows.${ROW[0]}.n`, 5))).toEqual(['sum', 'twice'])
    expect(anew(withoutRow(answers, 'rows', ROW[0]!, true))).toEqual(['sum'])
  })

  it('is one of several', () => {
    expect(anew(withAnswer(withAnswer(answers, 'unread', 'a'), 'kind', 'x '))).toEqual(['detail', 'long', 'more', 'town'])
  })

  it('leaves alone what asks for the time, which is evaluated as time goes on', () => {
    expect(anew(answers, { ...CONTEXT, now: '2026-11-22T03:00:00Z' })).toEqual(['now'])
    expect(anew(answers, { ...CONTEXT, today: '2026-11-23', locale: 'en' })).toEqual([])
  })
})
