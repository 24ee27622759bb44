/** Where an answer is: a question, and the rows it is asked in. */
import type { Node } from './form'
import { type Body, isObject, type Json } from './json'
import { has } from './paths'

/** A question in a row of each repeat around it. */
export class Spot {
  /** The path of the answer, row ids included: `members.01J….relation`. */
  readonly path: string

  constructor(
    readonly node: Node,
    readonly rows: readonly string[] = [],
  ) {
    this.path = pathOf(node, rows)
  }
}

/** The path of the answer to a question in rows. */
export function pathOf(node: Node, rows: readonly string[]): string {
  let row = 0
  return rows.length === 0 ? node.path : node.steps.map(name => name ?? rows[row++]).join('.')
}

/** Which row of which repeat, by the repeat's path. */
export type Bound = ReadonlyMap<string, string>

/** The rows around a spot. */
export function around({ node, rows }: Spot): Bound {
  return new Map(node.repeats.map((repeat, at) => [repeat, rows[at]!]))
}

/** The answer at a spot as it stands in a document; null where there is none. */
export function answerIn(answers: Body, { node, rows }: Spot): Json {
  let held: Json = answers
  let row = 0
  for (const name of node.steps) {
    if (name !== null) held = isObject(held) && has(held, name) ? held[name]! : null
    else if (Array.isArray(held)) held = held.find(one => isObject(one) && one.row === rows[row]) ?? null
    if (name === null) row += 1
  }
  return held
}
