/** A form being filled: answers and context, read the way expressions see them; the twin of `forms/filling.py`. */
import { shuffled } from './chance'
import { type Ast, evaluate, type Place } from './expressions'
import { type Form, type Node, treeOf } from './form'
import { type Body, isObject, type Json } from './json'
import { inLanguage } from './messages'
import { type Atom, atom, numberOf, stored, textOf, truthOf, type Value, words } from './values'

/** As many rows as a form may count. */
const MAX_ROWS = 1000

/** A question in a row of each repeat around it. */
export class Spot {
  /** The path of the answer, row ids included: `members.01J….relation`. */
  readonly path: string

  constructor(
    readonly node: Node,
    readonly rows: readonly string[] = [],
  ) {
    const parts: string[] = []
    let plain = ''
    for (const name of node.path.split('.')) {
      plain = plain === '' ? name : `${plain}.${name}`
      parts.push(name)
      const at = node.repeats.indexOf(plain)
      if (at >= 0) parts.push(rows[at]!)
    }
    this.path = parts.join('.')
  }
}

/** Which row of which repeat, by the repeat's path. */
export type Bound = ReadonlyMap<string, string>

/** Answers to a form in a context. Reading never changes the answers. */
export class Filling {
  private readonly knownRelevant = new Map<string, boolean>()
  private readonly knownValues = new Map<string, Json>()
  private readonly knownCounts = new Map<string, number>()

  constructor(
    readonly form: Form,
    readonly answers: Body,
    readonly settings: Body,
  ) {
    for (const node of form.order)
      if ('relevant' in node.question || node.isCalculated) for (const spot of this.spots(node)) this.value(spot)
  }

  /** The places where a question is asked: one, or one for each row not bound. */
  spots(node: Node, bound?: Bound): Spot[] {
    let rows: string[][] = [[]]
    for (const repeat of node.repeats) {
      const row = bound?.get(repeat)
      rows = rows.flatMap(outer => (row !== undefined ? [row] : this.rows(repeat, outer)).map(inner => [...outer, inner]))
    }
    return rows.map(outer => new Spot(node, outer))
  }

  /** The row ids of a repeat inside the rows around it; no more than the form counts. */
  rows(repeat: string, outer: readonly string[]): string[] {
    const spot = new Spot(this.form.nodes.get(repeat)!, outer)
    const listed = this.answer(spot)
    if (!Array.isArray(listed)) return []
    const kept = listed.flatMap(row => (isObject(row) && row.removed !== true && typeof row.row === 'string' ? [row.row] : []))
    return [...new Set(kept)].sort().slice(0, this.count(spot) ?? undefined)
  }

  /** How many rows a repeat is to have; null where people decide. */
  count(spot: Spot): number | null {
    if (!('repeat_count' in spot.node.question)) return null
    let found = this.knownCounts.get(spot.path)
    if (found === undefined) {
      this.knownCounts.set(spot.path, 0)
      const number = numberOf(this.evaluate(treeOf(spot.node.question, 'repeat_count'), spot))
      found = number >= 1 ? Math.trunc(Math.min(number, MAX_ROWS)) : 0
      this.knownCounts.set(spot.path, found)
    }
    return found
  }

  /** Whether a repeat has fewer rows than the form counts. */
  lacksRows(spot: Spot): boolean {
    return spot.node.isRepeat && this.rows(spot.node.path, spot.rows).length < (this.count(spot) ?? 0)
  }

  /** The answer as it stands in the document; null where there is none. */
  answer(spot: Spot): Json {
    let held: Json = this.answers
    let plain = ''
    for (const name of spot.node.path.split('.')) {
      plain = plain === '' ? name : `${plain}.${name}`
      held = isObject(held) && Object.prototype.hasOwnProperty.call(held, name) ? held[name]! : null
      const at = spot.node.repeats.indexOf(plain)
      if (at >= 0 && Array.isArray(held)) held = held.find(row => isObject(row) && row.row === spot.rows[at]) ?? null
    }
    return held
  }

  /** The answer as it counts: null when not relevant, the result where the question is calculated. */
  value(spot: Spot): Json {
    const known = this.knownValues.get(spot.path)
    if (known !== undefined) return known
    this.knownValues.set(spot.path, null)
    if (!this.relevant(spot)) return null
    const { question } = spot.node
    const value =
      spot.node.isCalculated
        ? converted(question, this.evaluate(treeOf(question, 'calculation'), spot))
        : this.answer(spot)
    this.knownValues.set(spot.path, value)
    return value
  }

  /** What `.` means: the calculated value once there is one, before that the answer as it stands. */
  current(spot: Spot): Json {
    const calculated = spot.node.isCalculated ? (this.knownValues.get(spot.path) ?? null) : null
    return calculated ?? this.answer(spot)
  }

  /** Whether the question and every group around it is asked. */
  relevant(spot: Spot): boolean {
    const known = this.knownRelevant.get(spot.path)
    if (known !== undefined) return known
    this.knownRelevant.set(spot.path, true)
    const { parent, question } = spot.node
    let found = true
    if (parent !== '') {
      const around = this.form.nodes.get(parent)!
      found = this.relevant(new Spot(around, spot.rows.slice(0, around.repeats.length)))
    }
    if (found && 'relevant' in question) found = this.holds(treeOf(question, 'relevant'), spot)
    this.knownRelevant.set(spot.path, found)
    return found
  }

  /** Whether an answer must be given, once the question is relevant. */
  required(spot: Spot): boolean {
    const wanted = spot.node.question.required ?? false
    return typeof wanted === 'boolean' ? wanted : this.holds(treeOf(spot.node.question, 'required'), spot)
  }

  /** The choices of a select that its filter lets through now, in the order in which they are shown. */
  offered(spot: Spot): Body[] {
    const { question } = spot.node
    const place = new At(this, spot)
    let items = this.form.choices((question.choices ?? '') as string)
    if ('choice_filter' in question) {
      const tree = treeOf(question, 'choice_filter')
      items = items.filter(item => truthOf(evaluate(tree, place, item)))
    }
    const parameters = (question.parameters ?? {}) as Body
    return parameters.randomize === true ? shuffled(items, seedOf(parameters.seed, place)) : items
  }

  /** The value of an expression of the question at a spot. */
  evaluate(tree: Ast, spot: Spot): Value {
    return evaluate(tree, new At(this, spot))
  }

  /** Whether a condition of the question at a spot is true. */
  holds(tree: Ast, spot: Spot): boolean {
    return truthOf(this.evaluate(tree, spot))
  }
}

/** What the order of choices falls by: a number, what an expression gives, or the record and question. */
function seedOf(given: Json | undefined, place: Place): number | string {
  if (isObject(given)) {
    const value = evaluate(given.ast as Ast, place)
    const number = numberOf(value)
    return Number.isNaN(number) ? textOf(value) : number
  }
  return typeof given === 'number' ? given : place.seed()
}

/** A computed value as an answer of the question's type. */
export function converted(question: Body, value: Value): Json {
  const kept = stored(value)
  if (kept === null) return null
  switch (question.type) {
    case 'select_multiple':
    case 'rank': {
      const codes = words(textOf(value))
      return codes.length > 0 ? codes : null
    }
    case 'acknowledge':
      return truthOf(value)
    case 'calculate':
    case 'hidden':
    case 'integer':
    case 'decimal':
    case 'money':
    case 'range':
      return kept
    default:
      return textOf(value)
  }
}

/** The place of one spot of a filling, for the evaluator. */
export class At implements Place {
  private readonly bound: Map<string, string>

  constructor(
    private readonly filling: Filling,
    private readonly spot: Spot,
    private readonly more: readonly (readonly [string, string])[] = [],
  ) {
    this.bound = new Map(spot.node.repeats.map((repeat, at) => [repeat, spot.rows[at]!]))
    for (const [repeat, row] of more) this.bound.set(repeat, row)
  }

  read(path: string): Atom[] {
    const node = this.filling.form.nodes.get(path)!
    return this.filling.spots(node, this.bound).flatMap((spot): Atom[] => {
      if (!node.isRepeat) return [atom(this.filling.value(spot))]
      return this.filling.relevant(spot) ? this.filling.rows(path, spot.rows) : []
    })
  }

  stored(path: string): Atom[] {
    const spots = this.filling.spots(this.filling.form.nodes.get(path)!, this.bound)
    return spots.map(spot => atom(this.filling.answer(spot)))
  }

  own(): Atom[] {
    return [atom(this.filling.current(this.spot))]
  }

  row(repeat: string, index: number): At | null {
    const { repeats } = this.filling.form.nodes.get(repeat)!
    const outer = repeats.flatMap(around => this.bound.get(around) ?? [])
    if (outer.length !== repeats.length) return null
    const row = this.filling.rows(repeat, outer)[index - 1]
    return row === undefined ? null : new At(this.filling, this.spot, [...this.more, [repeat, row]])
  }

  position(repeat: string): number {
    const row = this.bound.get(repeat)
    if (row === undefined) return 0
    const outer = this.filling.form.nodes.get(repeat)!.repeats.map(around => this.bound.get(around)!)
    return this.filling.rows(repeat, outer).indexOf(row) + 1
  }

  choices(name: string): Body[] {
    return this.filling.form.choices(name)
  }

  choiceText(path: string, name: string): string {
    const list = (this.filling.form.nodes.get(path)!.question.choices ?? '') as string
    const label = this.filling.form.choices(list).find(item => item.name === name)?.label
    return (isObject(label) && inLanguage(label, this.context('locale'))) || name
  }

  outside(kind: string, path: string): Json | undefined {
    let held: Json | undefined = this.filling.settings[kind]
    for (const part of path.split('.')) held = isObject(held) ? held[part] : undefined
    return held
  }

  context(name: string): string {
    const held = this.filling.settings[name]
    return typeof held === 'string' ? held : ''
  }

  seed(): string {
    return `${this.context('seed')}\n${this.spot.path}`
  }
}
