/** Checking answers against a published form, and finishing them; the twin of `forms/check.py`. */
import { type Bound, converted, Filling, Spot } from './filling'
import { Form, type Node, treeOf } from './form'
import { type Body, isObject, type Json } from './json'
import { answered, KINDS, problem, SELECTS } from './kinds'
import { message, type Text } from './messages'

/** Something to mend (error) or to look at again (warning) at the path of an answer. */
export interface Finding {
  path: string
  code: 'type' | 'choice' | 'range' | 'required' | 'constraint' | 'warn'
  message: Text
  severity: 'error' | 'warning'
}

const UNASKED = new Set(['group', 'none', 'any'])

/** Every finding about the answers: what is not relevant is not asked, a wrong type hides what follows it. */
export function check(form: Form | Body, answers: Body, context: Body): Finding[] {
  const filling = new Filling(formOf(form), answers, context)
  return level(filling, '', new Map())
}

function formOf(form: Form | Body): Form {
  return form instanceof Form ? form : new Form(form)
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
    message: message(code, question),
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
export function finalise(form: Form | Body, answers: Body, context: Body): Body {
  const filling = new Filling(formOf(form), answers, context)
  return finished(filling, '', answers, new Map())
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

/** Answers to begin with: those given, and the defaults of the questions outside repeats that have none. */
export function prefill(form: Form | Body, answers: Body, context: Body): Body {
  const indexed = formOf(form)
  const found = copied(answers)
  for (const node of indexed.nodes.values()) {
    if (!('default' in node.question) || node.repeats.length > 0) continue
    const filling = new Filling(indexed, found, context)
    const spot = new Spot(node)
    if (filling.answer(spot) !== null) continue
    const value = converted(node.question, filling.evaluate(treeOf(node.question, 'default'), spot))
    if (value !== null) put(found, node.path.split('.'), value)
  }
  return found
}

/** The defaults of a new row of a repeat, without its id. */
export function newRow(form: Form | Body, repeat: string, answers: Body, context: Body): Body {
  const indexed = formOf(form)
  const filling = new Filling(indexed, answers, context)
  const found: Body = {}
  for (const node of indexed.children.get(repeat) ?? []) {
    if (!('default' in node.question)) continue
    const value = converted(node.question, filling.evaluate(treeOf(node.question, 'default'), new Spot(node, node.repeats.map(() => ''))))
    if (value !== null) found[node.question.name as string] = value
  }
  return found
}

function copied(answers: Body): Body {
  return Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, isObject(value) ? copied(value) : value]))
}

function put(answers: Body, path: string[], value: Json): void {
  let held = answers
  for (const name of path.slice(0, -1)) {
    const inner = (held[name] ??= {})
    if (!isObject(inner)) return
    held = inner
  }
  held[path[path.length - 1]!] = value
}
