/** Calculations that are done once, when another answer changes; the twin of `forms/triggers.py`. */
import { withAnswer } from './answers'
import { converted, type Filling } from './filling'
import { type Form, treeOf } from './form'
import type { Spot } from './spot'

/** The filling after the answer at `path` (row ids included) has changed; what is set off may set off more. */
export function setOff(filling: Filling, path: string): Filling {
  let found = filling
  const done = new Set<string>()
  const waiting = [path]
  for (const changed of waiting) {
    for (const spot of spots(found, changed)) {
      if (done.has(spot.path)) continue
      done.add(spot.path)
      waiting.push(spot.path)
      const { question } = spot.node
      const value = converted(question, found.evaluate(treeOf(question, 'calculation'), spot))
      found = found.after(withAnswer(found.answers, spot.path, value))
    }
  }
  return found
}

/** Where something is set off: in the rows that the changed answer lies in. */
function spots(filling: Filling, changed: string): Spot[] {
  const [plain, bound] = placed(filling.form, changed)
  const nodes = filling.form.setOff.get(plain) ?? []
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
