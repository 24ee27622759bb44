/// Repeats whose number of rows the form counts (`repeat_count`): what is missing is added, nobody has to tap for it.
import { withRow } from './answers'
import { newRow } from './check'
import { Filling } from './filling'
import type { Form } from './form'
import type { Body } from './json'

/** The answers with the rows that are to be there; the same object where none is missing. */
export function withCountedRows(form: Form, answers: Body, context: Body, newUlid: () => string): Body {
  let found = answers
  for (const node of form.nodes.values()) {
    if (!('repeat_count' in node.question)) continue
    const filling = new Filling(form, found, context)
    for (const spot of filling.spots(node)) {
      if (!filling.relevant(spot)) continue
      for (let count = filling.rows(node.path, spot.rows).length; count < (filling.count(spot) ?? 0); count++)
        found = withRow(found, spot.path, { ...newRow(form, node.path, found, context), row: newUlid() })
    }
  }
  return found
}
