/** Calculations that are done once, when another answer changes; the twin of `forms/triggers.py`. */
import { withAnswer } from './answers'
import { converted, Filling, type Spot } from './filling'
import { type Form, treeOf } from './form'
import type { Body } from './json'

/** The answers after the one at `path` (row ids included) has changed; what is set off may set off more. */
export function setOff(form: Form, answers: Body, path: string, context: Body): Body {
  let found = answers
  const done = new Set<string>()
  const waiting = [path]
  for (const changed of waiting) {
    for (const spot of spots(form, found, changed, context)) {
      if (done.has(spot.path)) continue
      done.add(spot.path)
      waiting.push(spot.path)
      const { question } = spot.node
      const value = new Filling(form, found, context).evaluate(treeOf(question, 'calculation'), spot)
      found = withAnswer(found, spot.path, converted(question, value))
    }
  }
  return found
}

/** Where something is set off: in the rows that the changed answer lies in. */
function spots(form: Form, answers: Body, changed: string, context: Body): Spot[] {
  const [plain, bound] = placed(form, changed)
  const nodes = form.setOff.get(plain) ?? []
  if (nodes.length === 0) return []
  const filling = new Filling(form, answers, context)
  return nodes.flatMap(node => filling.spots(node, bound)).filter(spot => filling.relevant(spot))
}

/** A path without its rows, and the row of each repeat in it. */
function placed(form: Form, path: string): [string, Map<string, string>] {
  const bound = new Map<string, string>()
  let plain = ''
  for (const segment of path.split('.')) {
    const inner = plain === '' ? segment : `${plain}.${segment}`
    if (form.nodes.has(inner)) plain = inner
    else bound.set(plain, segment)
  }
  return [plain, bound]
}
