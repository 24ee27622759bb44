/** Checking answers against a published form, and finishing them; the twin of `forms/check.py`. */
import { converted, type Filling } from './filling'
import { type Node, readsAnswers, treeOf } from './form'
import { type Body, isObject, type Json } from './json'
import { answered, KINDS, problem, SELECTS } from './kinds'
import { message, type Text } from './messages'
import { has } from './paths'
import { answerIn, type Bound, Spot } from './spot'

/** Something to mend (error) or to look at again (warning) at the path of an answer. */
export interface Finding {
  path: string
  code: 'type' | 'choice' | 'range' | 'required' | 'constraint' | 'warn'
  message: Text
  severity: 'error' | 'warning'
}

const UNASKED = new Set(['group', 'none', 'any'])

/** Every finding about the answers: what is not relevant is not asked, a wrong type hides what follows it. */
export function check(filling: Filling): Finding[] {
  return level(filling, '', new Map())
}

function level(filling: Filling, parent: string, bound: Bound): Finding[] {
  return filling.form.children.get(parent)!.flatMap(node =>
    filling.spots(node, bound).flatMap(spot => {
      if (!filling.relevant(spot)) return []
      const found = question(filling, spot)
      if (!filling.form.children.has(node.path)) return found
      if (!node.isRepeat) return [...found, ...level(filling, node.path, bound)]
      const rows = filling.rows(node.path, spot.rows)
      return [...found, ...rows.flatMap(row => level(filling, node.path, new Map([...bound, [node.path, row]])))]
    }),
  )
}

function question(filling: Filling, spot: Spot): Finding[] {
  const { question } = spot.node
  const type = question.type as string
  const value = filling.value(spot)
  const say = (code: Finding['code']): Finding => ({
    path: spot.path,
    code,
    message: filling.worded(message(code, question), spot),
    severity: code === 'warn' ? 'warning' : 'error',
  })
  if (!answered(value) || (value === false && type === 'acknowledge' && question.appearance !== 'yes-no'))
    return (!UNASKED.has(KINDS[type]![0]) && filling.required(spot)) || filling.lacksRows(spot) ? [say('required')] : []
  const offered = SELECTS.has(type) ? new Set(filling.offered(spot).map(item => item.name as string)) : null
  const wrong = problem(question, value, offered)
  if (wrong !== null) return [say(wrong)]
  const found: Finding[] = []
  if (filling.lacksRows(spot)) found.push(say('required'))
  if ('constraint' in question && !filling.holds(treeOf(question, 'constraint'), spot)) found.push(say('constraint'))
  if ('warn' in question && filling.holds(treeOf(question, 'warn'), spot)) found.push(say('warn'))
  return found
}

/** The answers as a finished record keeps them: calculations filled in, what is not relevant null. */
export function finalise(filling: Filling): Body {
  return finished(filling, '', filling.answers, new Map())
}

function finished(filling: Filling, parent: string, held: Body, bound: Bound): Body {
  const found: Body = { ...held }
  for (const node of filling.form.children.get(parent)!) {
    const name = node.question.name as string
    const inner = found[name]
    const [spot] = filling.spots(node, bound) as [Spot]
    if (!filling.relevant(spot)) {
      if (inner !== undefined) found[name] = cleared(inner)
    } else if (node.isRepeat) {
      if (Array.isArray(inner)) found[name] = finishedRows(filling, node, inner, bound)
    } else if (filling.form.children.has(node.path)) {
      const below = finished(filling, node.path, isObject(inner) ? inner : {}, bound)
      if (inner !== undefined || Object.keys(below).length > 0) found[name] = below
    } else if (node.isCalculated) {
      const value = filling.value(spot)
      if (value !== null || inner !== undefined) found[name] = value
    }
  }
  return found
}

function finishedRows(filling: Filling, node: Node, rows: Json[], bound: Bound): Json[] {
  const counted = new Set(filling.rows(node.path, node.repeats.map(around => bound.get(around)!)))
  return rows.map(row => {
    if (!isObject(row) || typeof row.row !== 'string' || row.removed === true) return row
    if (!counted.has(row.row)) return { ...clearedGroup(row), removed: true }
    return finished(filling, node.path, row, new Map([...bound, [node.path, row.row]]))
  })
}

/** Null in place of an answer; the names of a group stay, and rows are removed, as merging needs them. */
function cleared(value: Json): Json {
  if (isObject(value)) return clearedGroup(value)
  if (Array.isArray(value) && value.length > 0 && value.every(isObject))
    return value.map(row => ({ ...clearedGroup(row), removed: true }))
  return null
}

function clearedGroup(value: Body): Body {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === 'row' ? inner : cleared(inner)]))
}

/** The filling to begin with: the answers given, and the defaults of the questions outside repeats that have none. */
export function prefill(filling: Filling): Filling {
  let found = filling
  let { answers } = filling
  for (const node of filling.form.nodes.values()) {
    const spot = new Spot(node)
    if (!('default' in node.question) || node.repeats.length > 0 || answerIn(answers, spot) !== null) continue
    const tree = treeOf(node.question, 'default')
    if (readsAnswers(tree)) found = found.after(answers)
    const value = converted(node.question, found.evaluate(tree, spot))
    if (value !== null) answers = put(answers, node.path.split('.'), value) as Body
  }
  return found.after(answers)
}

/** The defaults of a new row of a repeat, without its id. */
export function newRow(filling: Filling, repeat: string): Body {
  const found: Body = {}
  for (const node of filling.form.children.get(repeat) ?? []) {
    if (!('default' in node.question)) continue
    const spot = new Spot(node, node.repeats.map(() => ''))
    const value = converted(node.question, filling.evaluate(treeOf(node.question, 'default'), spot))
    if (value !== null) found[node.question.name as string] = value
  }
  return found
}

/** With another value at a path; the groups around it are made, except where something else stands. */
function put(held: Json, [name, ...rest]: string[], value: Json): Json {
  if (name === undefined) return value
  if (held !== null && !isObject(held)) return held
  return { ...held, [name]: put(held !== null && has(held, name) ? held[name]! : null, rest, value) }
}
