/** The evaluator of the expression language, over the trees that the server's parser wrote into the published form.
 * Total: whatever the data, it gives a value. The twin of `forms/evaluate.py`. */
import { FUNCTIONS } from './functions'
import { type Body, isObject, type Json } from './json'
import { inLanguage } from './messages'
import { arithmetic, type Atom, atom, compare, numberOf, textOf, truthOf, type Value } from './values'

/** A syntax tree: a list whose first item names its kind. */
export type Ast = Json[]

/** Where an expression stands: what its references mean there. */
export interface Place {
  /** The answers at a path without rows: one, or one for each row of a repeat that is not around us. */
  read(path: string): Atom[]
  /** The answers at a path as they stand, whether they are asked or not. */
  stored(path: string): Atom[]
  /** The answer of the question that the expression belongs to (`.`). */
  own(): Atom[]
  /** This place inside the row of a repeat, counted from 1; null where there is none. */
  row(repeat: string, index: number): Place | null
  /** Which row of an enclosing repeat this is, from 1; 0 outside. */
  position(repeat: string): number
  /** The items of a choice list. */
  choices(name: string): Body[]
  /** The label of a choice of the question at `path`. */
  choiceText(path: string, name: string): string
  /** A value from the context: of the subject's file, of the last record of a form, of the last saved. */
  outside(kind: string, path: string): Json | undefined
  /** A text of the context: now, today, locale … */
  context(name: string): string
  /** What chance falls by here: the record, the question and the rows around it. */
  seed(): string
}

/** The value of a resolved tree; `item` is the choice that a filter or condition looks at. */
export function evaluate(tree: Ast, place: Place, item?: Body): Value {
  const [kind, first] = tree as [string, never]
  switch (kind) {
    case 'op':
      return operation(tree, place, item)
    case 'num':
    case 'str':
      return first
    case 'ref':
      return place.read(first)
    case 'self':
      return place.own()
    case 'stored':
      return place.stored(first)
    case 'neg':
      return -numberOf(evaluate(first, place, item))
    case 'call':
      return call(first, tree[2] as Ast[], place, item)
    case 'col':
      return [cell(item ?? {}, first, place)]
    case 'lookup':
      return lookup(tree, place)
    case 'position':
      return place.position(first)
    case 'choice':
      return place.choiceText(tree[2] as string, textOf(evaluate(first, place, item)))
    default:
      return [atom(place.outside(kind, first))]
  }
}

/** A row of binary operators, walked along its left side without recursion. */
function operation(tree: Ast, place: Place, item?: Body): Value {
  const links: Ast[] = []
  while (tree[0] === 'op') {
    links.push(tree)
    tree = tree[2] as Ast
  }
  let value = evaluate(tree, place, item)
  for (const [, operator, , right] of links.reverse() as [string, string, Ast, Ast][]) {
    if (operator === 'and') value = truthOf(value) && truthOf(evaluate(right, place, item))
    else if (operator === 'or') value = truthOf(value) || truthOf(evaluate(right, place, item))
    else if (ARITHMETIC.has(operator)) value = arithmetic(operator, value, evaluate(right, place, item))
    else value = compare(operator, value, evaluate(right, place, item))
  }
  return value
}

const ARITHMETIC = new Set(['+', '-', '*', 'div', 'mod'])

function call(name: string, given: Ast[], place: Place, item?: Body): Value {
  switch (name) {
    case 'if':
      return evaluate(given[truthOf(evaluate(given[0]!, place, item)) ? 1 : 2]!, place, item)
    case 'coalesce':
      return coalesce(given, place, item)
    case 'once':
      return truthOf(place.own()) ? place.own() : evaluate(given[0]!, place, item)
    case 'indexed-repeat':
      return indexed(given, place, item)
    case 'pulldata':
      return pulldata(given.map(one => textOf(evaluate(one, place, item))), place)
    default:
      return FUNCTIONS[name]!(place, given.map(one => evaluate(one, place, item)))
  }
}

function coalesce(given: Ast[], place: Place, item?: Body): Value {
  for (const one of given) {
    const value = evaluate(one, place, item)
    if (textOf(value) !== '') return value
  }
  return ''
}

/** indexed-repeat(question, repeat, index, …): the pairs go from the outermost repeat inwards. */
function indexed(given: Ast[], place: Place, item?: Body): Value {
  let inside: Place | null = place
  for (let at = 1; at + 1 < given.length; at += 2) {
    const number = numberOf(evaluate(given[at + 1]!, place, item))
    inside = inside?.row(given[at]![1] as string, number >= 1 && number < 1e9 ? Math.trunc(number) : 0) ?? null
  }
  return inside === null ? '' : evaluate(given[0]!, inside)
}

/** pulldata(list, column, key column, key): the cell of the first item whose key column equals the key. */
function pulldata([list, column, keyColumn, key]: string[], place: Place): Value {
  const found = place.choices(list!).find(one => textOf([atom(one[keyColumn!])]) === key)
  return found === undefined ? '' : [cell(found, column!, place)]
}

function lookup(tree: Ast, place: Place): Value {
  const [, list, column, conditions] = tree as [string, string, string, Ast[]]
  return place
    .choices(list)
    .filter(one => conditions.every(condition => truthOf(evaluate(condition, place, one))))
    .map(one => cell(one, column, place))
}

/** A cell of a choice list; of a text in several languages the one that is read. */
function cell(item: Body, column: string, place: Place): Atom {
  const held = item[column]
  return isObject(held) ? inLanguage(held, place.context('locale')) : atom(held)
}
