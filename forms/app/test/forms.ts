/// Random forms, answers and edits of answers, made from a seed.
import { withAnswer, withRow } from '../src/pure/answers'
import type { Ast } from '../src/pure/expressions'
import type { Filling } from '../src/pure/filling'
import type { Form, Node } from '../src/pure/form'
import { type Body, isObject, type Json } from '../src/pure/json'
import type { Spot } from '../src/pure/spot'

/** Chance that falls the same way for the same seed (mulberry32). */
export class Chance {
  constructor(private state: number) {}

  /** From 0 up to and without 1. */
  number(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  whole(below: number): number {
    return Math.floor(this.number() * below)
  }

  is(share: number): boolean {
    return this.number() < share
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(items.length)]!
  }
}

const ROWS = ['1', '2', '3', '4'].map(digit => '0'.repeat(25) + digit)
const TEXTS = ['', 'a', '1', '2', '3.5', 'red', '2026-11-22', '2026-11-22T02:00:00Z', '13800138000', '陈秀英']
const NUMBERS = [0, 1, 2, 3, 5, 18, -1, 2.5]
/** What no screen gives: answers that came from elsewhere. */
const ODD: Json[] = [null, '', 'x', 7, true, [], {}, { a: 1 }, [{ row: 'x' }], [1], [{ row: ROWS[0]!, removed: true }, { row: ROWS[0]! }]]

/** An answer of the type of a question, some of them odd. */
export function answer(chance: Chance, form: Form, node: Node): Json {
  if (chance.is(0.06)) return chance.pick(ODD)
  const codes = form.choices((node.question.choices ?? '') as string).map(item => item.name as string)
  switch (node.question.type) {
    case 'group':
      return answersOf(chance, form, node.path)
    case 'repeat':
      return ROWS.flatMap(row => (chance.is(0.5) ? [{ row, ...answersOf(chance, form, node.path) }] : [])).reverse()
    case 'select_one':
      return chance.pick(codes.length > 0 ? codes : TEXTS)
    case 'select_multiple':
    case 'rank':
      return codes.filter(() => chance.is(0.4))
    case 'integer':
    case 'decimal':
    case 'money':
    case 'range':
      return chance.pick(NUMBERS)
    case 'acknowledge':
      return chance.is(0.5)
    default:
      return chance.pick(TEXTS)
  }
}

/** Answers to the questions of a group, of a row or of the whole form (''). */
export function answersOf(chance: Chance, form: Form, parent: string): Body {
  const asked = form.children.get(parent)!.filter(() => chance.is(0.7))
  return Object.fromEntries(asked.map(node => [node.question.name as string, answer(chance, form, node)]))
}

/** The answers after somebody has done something: mostly one thing at one place, as a screen does; sometimes anything. */
export function edited(chance: Chance, filling: Filling): Body {
  const { form, answers } = filling
  if (chance.is(0.05)) return answersOf(chance, form, '')
  if (chance.is(0.1)) return edited(chance, filling.after(edited(chance, filling)))
  const spots = [...form.nodes.values()].flatMap(node => filling.spots(node))
  const spot = chance.pick(spots)
  if (spot.node.isRepeat) return withOtherRows(chance, filling, spot)
  if (spot.node.question.type === 'group' && chance.is(0.8)) return withAnswer(answers, spot.path, heldIn(filling, spot))
  return withAnswer(answers, spot.path, chance.is(0.2) ? null : answer(chance, form, spot.node))
}

/** The same again, as a new object: what a copy of the answers looks like. */
function heldIn(filling: Filling, spot: Spot): Json {
  return JSON.parse(JSON.stringify(filling.answer(spot))) as Json
}

function withOtherRows(chance: Chance, filling: Filling, spot: Spot): Body {
  const { form, answers } = filling
  const held = filling.answer(spot)
  const rows = Array.isArray(held) ? held : []
  const row = { row: chance.pick(ROWS), ...answersOf(chance, form, spot.node.path) }
  switch (chance.whole(5)) {
    case 0:
      return withAnswer(answers, spot.path, [...rows].reverse())
    case 1:
      return withAnswer(answers, spot.path, rows.filter(() => chance.is(0.6)))
    case 2:
      return withAnswer(answers, spot.path, rows.map(one => (isObject(one) && chance.is(0.4) ? { ...one, removed: chance.is(0.7) } : one)))
    case 3:
      return withAnswer(answers, spot.path, answer(chance, form, spot.node))
    default:
      return withRow(answers, spot.path, row)
  }
}

const LISTS: Body = {
  colours: ['red', 'blue', '1'].map(name => ({ name, label: { 'zh-CN': `色${name} \${q0}`, en: name } })),
  towns: ['a', 'b', 'c', 'd'].map((name, at) => ({ name, label: { 'zh-CN': name }, in: ['red', 'blue'][at % 2]! })),
}

/** A published form in which nothing depends on itself: what is read comes before who reads it. */
export function randomForm(chance: Chance): Body {
  return { form: 'random', version: 1, choices: LISTS, questions: new Maker(chance).questions('', [], 0) }
}

/** Makes the questions of one form. */
class Maker {
  private readonly known: { path: string; repeats: readonly string[]; type: string }[] = []

  constructor(private readonly chance: Chance) {}

  questions(parent: string, repeats: string[], depth: number): Body[] {
    const count = 2 + this.chance.whole(depth === 0 ? 9 : 3)
    return Array.from({ length: count }, () => this.question(parent, repeats, depth))
  }

  private question(parent: string, repeats: string[], depth: number): Body {
    const { chance } = this
    const plain = ['text', 'integer', 'date', 'select_one', 'select_multiple', 'acknowledge', 'calculate', 'calculate']
    const type = chance.pick(depth < 3 ? [...plain, 'group', 'repeat', 'repeat'] : plain)
    const name = `q${this.known.length}`
    const path = parent === '' ? name : `${parent}.${name}`
    const more = chance.is(0.3) && this.known.length > 0 ? ` \${${chance.pick(this.known).path}} \${subject.phone}` : ''
    const question: Body = { name, type, label: { 'zh-CN': name + more } }
    const give = (column: string, share: number, own = false): void => {
      if (chance.is(share)) question[column] = this.expression(repeats, own)
    }
    give('relevant', 0.35)
    if (type === 'repeat') give('repeat_count', 0.5)
    if (type === 'calculate') give('calculation', 1, true)
    if (!['group', 'repeat', 'calculate'].includes(type)) {
      give('required', 0.3)
      give('constraint', 0.2, true)
      give('warn', 0.1, true)
      give('default', 0.2)
      if (chance.is(0.1) && this.known.length > 0) {
        give('calculation', 1, true)
        question.trigger = [chance.pick(this.known).path]
      }
    }
    if (type.startsWith('select')) {
      question.choices = chance.pick(['colours', 'towns'])
      if (question.choices === 'towns') question.choice_filter = { source: '', ast: ['op', '=', ['col', 'in'], this.tree(repeats, 1, false)] }
      const inside = this.known.filter(one => one.repeats.length === 1)
      if (type === 'select_one' && inside.length > 0 && chance.is(0.5)) {
        question.choices = `\${${chance.pick(inside).path}}`
        delete question.choice_filter
        if (chance.is(0.5)) question.choice_filter = this.expression(repeats, false)
      }
      if (chance.is(0.2)) question.parameters = { randomize: true }
    }
    this.known.push({ path, repeats, type })
    if (type === 'group' || type === 'repeat') {
      question.questions = this.questions(path, type === 'repeat' ? [...repeats, path] : repeats, depth + 1)
      // what a group asks may decide whether it is asked: then it is read as it stands
      const inside = this.known.filter(one => one.path.startsWith(`${path}.`))
      const gathered: Ast = ['call', 'count-non-empty', [['stored', chance.pick(inside).path]]]
      if (type === 'group' && chance.is(0.3)) question.relevant = { source: '', ast: ['op', '<', gathered, ['num', 2]] }
    }
    return question
  }

  private expression(repeats: string[], own: boolean): Body {
    return { source: '', ast: this.tree(repeats, 3, own) }
  }

  private tree(repeats: string[], depth: number, own: boolean): Ast {
    const { chance } = this
    const inner = (): Ast => this.tree(repeats, depth - 1, own)
    if (depth === 0 || chance.is(0.25)) return this.leaf(repeats, own)
    const call = (name: string, ...given: Ast[]): Ast => ['call', name, given]
    switch (chance.whole(12)) {
      case 0:
        return call('if', inner(), inner(), inner())
      case 1:
        return call('coalesce', inner(), inner())
      case 2:
        return call('selected', inner(), ['str', chance.pick(['red', 'a', '1'])])
      case 3:
        return call(chance.pick(['sum', 'count', 'count-non-empty', 'max']), inner())
      case 4:
        return call('join', ['str', ','], inner())
      case 5:
        return own ? call('once', inner()) : call('not', inner())
      case 6:
        return this.indexed()
      default:
        return ['op', chance.pick(['=', '!=', '<', '>=', 'and', 'or', '+', '*']), inner(), inner()]
    }
  }

  private indexed(): Ast {
    const inside = this.known.filter(one => one.repeats.length === 1)
    if (inside.length === 0) return ['num', 1]
    const { path, repeats } = this.chance.pick(inside)
    return ['call', 'indexed-repeat', [['ref', path], ['ref', repeats[0]!], ['num', 1 + this.chance.whole(2)]]]
  }

  private leaf(repeats: string[], own: boolean): Ast {
    const { chance } = this
    if (this.known.length > 0 && chance.is(0.7)) return ['ref', chance.pick(this.known).path]
    switch (chance.whole(9)) {
      case 0:
        return ['call', chance.pick(['today', 'now']), []]
      case 1:
        return ['call', 'random', []]
      case 2:
        return ['subject', 'phone']
      case 3:
        return repeats.length > 0 ? ['position', chance.pick(repeats)] : ['num', 0]
      case 4:
        return own ? ['self'] : ['num', 2]
      case 5:
        return this.labelled()
      case 6:
        return ['num', chance.pick(NUMBERS)]
      default:
        return ['str', chance.pick(TEXTS)]
    }
  }

  private labelled(): Ast {
    const selects = this.known.filter(one => one.type === 'select_one')
    if (selects.length === 0) return ['str', 'a']
    const { path } = this.chance.pick(selects)
    return ['choice', ['ref', path], path]
  }
}
