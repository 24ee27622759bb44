/// Repeats whose number of rows the form counts (`repeat_count`): what is missing is added, nobody has to tap for it.
import { withRow } from './answers'
import { newRow } from './check'
import type { Filling } from './filling'
import { readsAnswers, treeOf } from './form'
import type { Spot } from './spot'

/** The filling with the rows that are to be there; the same object where none is missing. */
export function withCountedRows(filling: Filling, newUlid: () => string): Filling {
  let found = filling
  for (const node of filling.form.nodes.values()) {
    if (!('repeat_count' in node.question)) continue
    const before = found
    for (const spot of before.spots(node)) {
      if (!before.relevant(spot)) continue
      const missing = (before.count(spot) ?? 0) - before.rows(node.path, spot.rows).length
      if (missing > 0) found = withRows(found, spot, missing, newUlid)
    }
  }
  return found
}

function withRows(filling: Filling, spot: Spot, count: number, newUlid: () => string): Filling {
  const repeat = spot.node.path
  const questions = filling.form.children.get(repeat)!.map(node => node.question)
  /** Whether what a row begins with may depend on the row before it. */
  const depends = questions.some(question => 'default' in question && readsAnswers(treeOf(question, 'default')))
  let found = filling
  let { answers } = filling
  for (let added = 0; added < count; added++) {
    if (depends) found = found.after(answers)
    answers = withRow(answers, spot.path, { ...newRow(found, repeat), row: newUlid() })
  }
  return found.after(answers)
}
