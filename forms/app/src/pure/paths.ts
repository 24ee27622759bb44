/** Answers as a flat map of paths; the same as `sync/paths.py`, held to it by `forms/vectors/join.json`.
 *
 *     {"phone": "138…", "members": [{"row": "01JD…", "relation": "子"}]}
 *     {"phone": "138…", "members.01JD….relation": "子"}
 *
 * A segment that begins with a digit is the id of a row; names never do, so neither direction needs the form.
 */
import { isObject, type Body, type Json } from './json'

/** Answer by path. A value is a scalar or a list that is no repeat; nothing empty. */
export type Paths = Map<string, Json>

const ROW = /^[0-9][^.%]*$/
const PLAIN = /^[^.%0-9][^.%]*$/

/** The answers by path. A list that is not one of rows is one value; an empty object or list says nothing. */
export function flatten(answers: Json | undefined): Paths {
  return new Map(isObject(answers) ? walk(answers, '', false) : [])
}

/** What setting `path` to `value` sets: several paths for a group or rows, null for what is empty. */
export function expand(path: string, value: Json): Paths {
  const inside = new Map(within(value, path))
  return inside.size > 0 ? inside : new Map([[path, null]])
}

/** The nested answers, rows in the order of their ids.
 *
 * Where two paths cannot both be shown (a value at `a`, one at `a.b`) the deeper one is, whatever their order.
 */
export function unflatten(paths: ReadonlyMap<string, Json>): Body {
  const root: Branch = new Map()
  for (const [path, value] of paths) {
    const parents = path.split('.')
    const last = parents.pop() as string
    let node = root
    for (const segment of parents) {
      let child = node.get(segment)
      if (!(child instanceof Map)) node.set(segment, (child = new Map()))
      node = child
    }
    if (!(node.get(last) instanceof Map)) node.set(last, value)
  }
  return object(root)
}

/** The changes that make `after` of `before` (both nested answers): what is gone is cleared to null. */
export function difference(before: Json | undefined, after: Json | undefined): Paths {
  const old = flatten(before)
  const now = flatten(after)
  const changed: Paths = new Map()
  for (const [path, value] of now) if (!old.has(path) || !same(old.get(path)!, value)) changed.set(path, value)
  for (const [path, value] of old) if (!now.has(path) && value !== null) changed.set(path, null)
  return changed
}

/** Whether two values are one in JSON. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]))
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every(key => has(b, key) && same(a[key], b[key]))
  }
  return a === b
}

/** Whether an object has a member of that name of its own. */
export function has(value: object, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(value, key)
}

/** The path as a form knows it: `members.01JD….relation` is `members.relation`. */
export function withoutRows(path: string): string {
  return path.split('.').filter(segment => !isRow(segment)).join('.')
}

/** Whether a segment of a path is the id of a row. */
export function isRow(segment: string): boolean {
  return ROW.test(segment)
}

type Branch = Map<string, Json | Branch>

function* walk(answers: Body, prefix: string, row: boolean): Generator<[string, Json]> {
  for (const [key, value] of Object.entries(answers)) {
    if (!(row && key === 'row')) yield* within(value, prefix + segmentOf(key))
  }
}

function* within(value: Json, path: string): Generator<[string, Json]> {
  if (isObject(value)) yield* walk(value, `${path}.`, false)
  else if (!Array.isArray(value) || !areRows(value)) yield [path, value]
  else for (const row of value) yield* walk(row, `${path}.${String(row['row'])}.`, true)
}

/** Whether a list is a repeat. An empty list is one of no rows. */
function areRows(items: Json[]): items is Body[] {
  const ids = items.map(item => (isObject(item) ? item['row'] : undefined))
  return ids.every(id => typeof id === 'string' && isRow(id)) && new Set(ids).size === ids.length
}

/** A key as a segment of a path. Question names are plain; others are escaped, so that no two keys meet. */
function segmentOf(key: string): string {
  if (PLAIN.test(key)) return key
  const escaped = key.replaceAll('%', '%25').replaceAll('.', '%2E')
  return /^[0-9]/.test(key) ? `%3${escaped}` : escaped || '%'
}

function keyOf(segment: string): string {
  if (segment === '%') return ''
  return segment.replace(/%(25|2E|3[0-9])/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function object(branch: Branch): Body {
  const named = [...branch].filter(([key]) => !isRow(key))
  return Object.fromEntries(named.map(([key, child]) => [keyOf(key), valueOf(child)]))
}

function valueOf(node: Json | Branch): Json {
  if (!(node instanceof Map)) return node
  const rows = [...node.keys()].filter(isRow).sort()
  if (rows.length === 0) return object(node)
  return rows.flatMap(key => {
    const row = node.get(key)
    return row instanceof Map ? [{ row: key, ...object(row) }] : []
  })
}
