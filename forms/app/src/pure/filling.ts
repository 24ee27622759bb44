/** A form being filled: answers and context, read the way expressions see them; the twin of `forms/filling.py`. */
import { Cells, type Keyed } from './cells'
import { shuffled } from './chance'
import { type Ast, evaluate, type Place } from './expressions'
import { type Form, type Node, offering, treeOf } from './form'
import { type Body, isObject, type Json } from './json'
import { inLanguage, type Text } from './messages'
import { isRow, withoutRows } from './paths'
import { At } from './place'
import { answerIn, type Bound, pathOf, Spot } from './spot'
import { atom, numberOf, stored, textOf, truthOf, type Value, words } from './values'

/** An answer in a text of the form. */
const REFERENCE = /\$\{([^{}]*)\}/g

/** As many rows as a form may count. */
const MAX_ROWS = 1000

/** Answers to a form in a context. Reading never changes the answers, and what was found is not found again: not here, and
 * not in the filling after this one, unless something it was found from has changed. */
export class Filling {
  /** The paths where something has changed, in this filling or one before it. Whoever tells of them takes them out. */
  readonly untold: Set<string>
  private readonly cells: Cells<Filling>
  private readonly places: Map<string, Spot>

  constructor(
    readonly form: Form,
    readonly answers: Body,
    readonly settings: Body,
    before: Filling | null = null,
  ) {
    this.cells = new Cells(this, before?.cells ?? null)
    this.untold = before?.untold ?? new Set()
    this.places = before?.places ?? new Map()
    for (const node of form.order)
      if ('relevant' in node.question || node.isCalculated) for (const spot of this.spots(node)) this.value(spot)
    this.cells.close(place => !(place instanceof Spot) || this.has(place))
    for (const path of this.cells.news) this.untold.add(path)
  }

  /** The form with other answers, or in another context. Whatever has changed between the two is seen. */
  after(answers: Body, settings: Body = this.settings): Filling {
    const same = answers === this.answers && settings === this.settings
    return same ? this : new Filling(this.form, answers, settings, this)
  }

  /** A question in rows; the same object in this filling and those after it. */
  spot(node: Node, rows: readonly string[] = []): Spot {
    const path = pathOf(node, rows)
    let spot = this.places.get(path)
    if (spot === undefined) this.places.set(path, (spot = new Spot(node, rows)))
    return spot
  }

  /** The spot of an answer's path, row ids included; null for a path that is no question's. */
  at(path: string): Spot | null {
    const node = this.form.nodes.get(withoutRows(path))
    const rows = path.split('.').filter(isRow)
    return node === undefined || node.repeats.length !== rows.length ? null : this.spot(node, rows)
  }

  /** The places where a question is asked: one, or one for each row not bound. */
  spots(node: Node, bound?: Bound): Spot[] {
    if (node.repeats.length === 0) return [this.spot(node)]
    let rows: string[][] = [[]]
    for (const repeat of node.repeats) {
      const row = bound?.get(repeat)
      rows = rows.flatMap(outer => (row !== undefined ? [row] : this.rows(repeat, outer)).map(inner => [...outer, inner]))
    }
    return rows.map(outer => this.spot(node, outer))
  }

  /** The row ids of a repeat inside the rows around it; no more than the form counts. */
  rows(repeat: string, outer: readonly string[]): readonly string[] {
    return this.cells.found(rowIds, this.spot(this.form.nodes.get(repeat)!, outer)) ?? []
  }

  /** How many rows a repeat is to have; null where people decide. */
  count(spot: Spot): number | null {
    return 'repeat_count' in spot.node.question ? (this.cells.found(counted, spot) ?? 0) : null
  }

  /** Whether a repeat has fewer rows than the form counts. */
  lacksRows(spot: Spot): boolean {
    return spot.node.isRepeat && this.rows(spot.node.path, spot.rows).length < (this.count(spot) ?? 0)
  }

  /** The answer as it stands in the document; null where there is none. */
  answer(spot: Spot): Json {
    return this.cells.given(held, spot)
  }

  /** The answer as it counts: null when not relevant, the result where the question is calculated. */
  value(spot: Spot): Json {
    if (!this.relevant(spot)) return null
    return spot.node.isCalculated ? (this.cells.found(calculated, spot) ?? null) : this.answer(spot)
  }

  /** What `.` means: the calculated value once there is one, before that the answer as it stands. */
  current(spot: Spot): Json {
    return (spot.node.isCalculated ? this.value(spot) : null) ?? this.answer(spot)
  }

  /** Whether the question and every group around it is asked. */
  relevant(spot: Spot): boolean {
    const { parent, question } = spot.node
    if (parent !== '') {
      const outer = this.form.nodes.get(parent)!
      if (!this.relevant(this.spot(outer, spot.rows.slice(0, outer.repeats.length)))) return false
    }
    return !('relevant' in question) || (this.cells.found(isAsked, spot) ?? true)
  }

  /** Whether an answer must be given, once the question is relevant. */
  required(spot: Spot): boolean {
    const wanted = spot.node.question.required ?? false
    return typeof wanted === 'boolean' ? wanted : this.cells.found(isRequired, spot)!
  }

  /** The choices of a select that its filter lets through now, in the order in which they are shown. */
  offered(spot: Spot): readonly Body[] {
    return this.cells.found(choices, spot)!
  }

  /** A text of the form as it reads at a spot: what the answers are stands in place of its `${…}`. */
  worded(text: Body, spot: Spot): Text {
    if (!namesAnswers(text)) return text as Text
    const place = new At(this, spot)
    const named = (_: string, name: string): string => {
      if (this.form.nodes.has(name)) return textOf(place.read(name))
      const dot = name.indexOf('.')
      return textOf([atom(place.outside(name.slice(0, dot), name.slice(dot + 1)))])
    }
    return Object.fromEntries(Object.entries(text).map(([language, part]) => [language, String(part).replace(REFERENCE, named)]))
  }

  /** The label of a question as it reads now, in the language of the context; '' where it has none. */
  label(spot: Spot): string {
    return namesAnswers(spot.node.question.label) ? this.cells.found(label, spot)! : label(this, spot)
  }

  hint(spot: Spot): string {
    return namesAnswers(spot.node.question.hint) ? this.cells.found(hint, spot)! : hint(this, spot)
  }

  /** What the choices that are offered are called now, in their order. */
  called(spot: Spot): readonly string[] {
    return this.offered(spot).some(item => namesAnswers(item.label)) ? this.cells.found(called, spot)! : called(this, spot)
  }

  /** The answers to a question in the rows of its repeat, each once, as a select that offers them lets them through. */
  answersOffered(spot: Spot): readonly string[] {
    return this.cells.found(answersOffered, spot)!
  }

  /** A text of the form as it reads at a spot in the language of the context. */
  reads(text: Json | undefined, spot: Spot): string {
    return isObject(text) ? inLanguage(this.worded(text, spot), String(this.setting('locale') ?? '')) : ''
  }

  /** Something of the context, by its name or by its kind and path; undefined where there is none. */
  setting(path: string): Json | undefined {
    return this.cells.given(setting, { path })
  }

  /** The value of an expression of the question at a spot. */
  evaluate(tree: Ast, spot: Spot): Value {
    return evaluate(tree, new At(this, spot))
  }

  /** Whether a condition of the question at a spot is true. */
  holds(tree: Ast, spot: Spot): boolean {
    return truthOf(this.evaluate(tree, spot))
  }

  /** Whether the rows around a spot are there. */
  private has({ node, rows }: Spot): boolean {
    return node.repeats.every((repeat, at) => this.rows(repeat, rows.slice(0, at)).includes(rows[at]!))
  }
}

/** Whether a text of the form changes with the answers; others are not worth keeping. */
function namesAnswers(text: Json | undefined): boolean {
  return isObject(text) && Object.values(text).some(part => String(part).includes('${'))
}

// The columns: what is kept of each spot.

function held({ answers }: Filling, spot: Spot): Json {
  return answerIn(answers, spot)
}

function setting({ settings }: Filling, { path }: Keyed): Json | undefined {
  let inner: Json | undefined = settings
  for (const name of path.split('.')) inner = isObject(inner) ? inner[name] : undefined
  return inner
}

function isAsked(filling: Filling, spot: Spot): boolean {
  return filling.holds(treeOf(spot.node.question, 'relevant'), spot)
}

function isRequired(filling: Filling, spot: Spot): boolean {
  return filling.holds(treeOf(spot.node.question, 'required'), spot)
}

function calculated(filling: Filling, spot: Spot): Json {
  const { question } = spot.node
  return converted(question, filling.evaluate(treeOf(question, 'calculation'), spot))
}

function counted(filling: Filling, spot: Spot): number {
  const number = numberOf(filling.evaluate(treeOf(spot.node.question, 'repeat_count'), spot))
  return number >= 1 ? Math.trunc(Math.min(number, MAX_ROWS)) : 0
}

function rowIds(filling: Filling, spot: Spot): string[] {
  const listed = filling.answer(spot)
  if (!Array.isArray(listed)) return []
  const kept = listed.flatMap(row => (isObject(row) && row.removed !== true && typeof row.row === 'string' ? [row.row] : []))
  return [...new Set(kept)].sort().slice(0, filling.count(spot) ?? undefined)
}

function choices(filling: Filling, spot: Spot): readonly Body[] {
  const { question } = spot.node
  const place = new At(filling, spot)
  const offered = offering(question)
  const items = offered === null ? listed(filling, question, place) : filling.answersOffered(spot).map(asChoice)
  const parameters = (question.parameters ?? {}) as Body
  return parameters.randomize === true ? shuffled(items, seedOf(parameters.seed, place)) : items
}

function label(filling: Filling, spot: Spot): string {
  return filling.reads(spot.node.question.label, spot)
}

function hint(filling: Filling, spot: Spot): string {
  return filling.reads(spot.node.question.hint, spot)
}

function called(filling: Filling, spot: Spot): string[] {
  return filling.offered(spot).map(({ name, label }) => filling.reads(label, spot) || String(name))
}

/** The items of a list that the filter lets through. */
function listed(filling: Filling, question: Body, place: At): Body[] {
  const items = filling.form.choices((question.choices ?? '') as string)
  if (!('choice_filter' in question)) return items
  const tree = treeOf(question, 'choice_filter')
  return items.filter(item => truthOf(evaluate(tree, place, item)))
}

/** The filter looks at the row. */
function answersOffered(filling: Filling, spot: Spot): string[] {
  const { question } = spot.node
  const tree = 'choice_filter' in question ? treeOf(question, 'choice_filter') : null
  const path = offering(question)!
  const { repeats } = filling.form.nodes.get(path)!
  const rows = new At(filling, spot).inRowsOf(repeats[repeats.length - 1]!)
  const names = rows.flatMap(row => {
    const text = textOf(row.read(path))
    return text !== '' && (tree === null || truthOf(evaluate(tree, row))) ? [text] : []
  })
  return [...new Set(names)]
}

function asChoice(text: string): Body {
  return { name: text, label: { 'zh-CN': text } }
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
