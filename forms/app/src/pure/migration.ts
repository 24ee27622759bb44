/** Answers of an older version of a form as answers of a newer one; the twin of `forms/migration.py`. */
import type { Ast } from './expressions'
import { converted, Filling } from './filling'
import type { Form, Node } from './form'
import { type Body, isObject, type Json } from './json'
import { KINDS } from './kinds'
import { Spot } from './spot'

interface Declared {
  from: number
  answers: { [path: string]: { ast: Ast } }
  gone: string[]
}

/** The answers given to version `since`, for version `until`; one migration after the other. */
export function migrate(versions: ReadonlyMap<number, Form>, answers: Body, since: number, until: number, context: Body): Body {
  let made = copied(answers)
  for (const version of [...versions.keys()].sort((one, other) => one - other)) {
    const next = versions.get(version)!
    const declared = next.published.migration as unknown as Declared | undefined
    const old = declared && versions.get(declared.from)
    if (since < version && version <= until && declared && old) made = step(old, next, declared, made, context)
  }
  return made
}

function step(old: Form, next: Form, declared: Declared, answers: Body, context: Body): Body {
  const filling = new Filling(old, answers, context)
  const made = copied(answers)
  for (const [path, { ast }] of Object.entries(declared.answers)) {
    const node = next.nodes.get(path)!
    for (const spot of filling.spots(node)) put(made, spot, given(filling, node, ast, spot))
  }
  for (const path of declared.gone) for (const spot of filling.spots(old.nodes.get(path)!)) put(made, spot, null)
  return made
}

/** What an expression gives for a question; a plain reference to one of the same shape moves its answer whole. */
function given(filling: Filling, node: Node, ast: Ast, spot: Spot): Json {
  const source = ast[0] === 'ref' ? filling.form.nodes.get(ast[1] as string) : undefined
  if (source && sameShape(source.question, node.question))
    return copied(filling.answer(new Spot(source, spot.rows.slice(0, source.repeats.length))))
  return converted(node.question, filling.evaluate(ast, spot))
}

function copied<J extends Json>(value: J): J {
  return JSON.parse(JSON.stringify(value)) as J
}

function sameShape(one: Body, other: Body): boolean {
  return KINDS[one.type as string]![0] === KINDS[other.type as string]![0]
}

/** Write one answer where it belongs, making the groups around it; null takes it away. */
function put(answers: Body, spot: Spot, value: Json): void {
  const names = spot.node.path.split('.')
  const last = names.pop()!
  let held = answers
  let plain = ''
  for (const name of names) {
    plain = plain === '' ? name : `${plain}.${name}`
    const at = spot.node.repeats.indexOf(plain)
    let inner = held[name]
    if (at >= 0) inner = (inner as Body[]).find(row => row.row === spot.rows[at])!
    else if (!isObject(inner)) {
      if (value === null) return
      inner = held[name] = {}
    }
    held = inner as Body
  }
  if (value === null) delete held[last]
  else held[last] = value
}
