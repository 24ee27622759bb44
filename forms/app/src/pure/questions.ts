/** Open questions: what a person has to decide, and what is shown until then. Views; they change no body. */
import type { Body, Json } from './json'
import { flatten, has, isRow, same, unflatten, withoutRows } from './paths'
import { canonical, claim, latestFirst, read, seen, type Pair, type State } from './registers'

/** What a form says of a question that two people answered: ask a person, show all they chose, or show the latest. */
export type Rule = 'ask' | 'union' | 'latest'
/** By path without rows. A path that is not there is asked. */
export type Rules = { readonly [path: string]: Rule }

/** One of the values an answer has, with who claims to have typed it when (empty where nobody says). */
export interface Sibling {
  readonly dot: string
  readonly value: Json
  readonly at: string
  readonly by: string
}

/** The answers with two or more distinct values that a person has to decide, the shown value first.
 *
 * A removal beside an edit that its author had not seen is a question too, at the path of `removed`,
 * where the edits stand as null.
 */
export function openQuestions(body: Body, rules: Rules = {}): Map<string, Sibling[]> {
  const state = read(body)
  const beside = besideRemovals(state)
  const asked = [...state.registers].filter(([path, pairs]) => {
    return ruleOf(rules, path) === 'ask' && (beside.has(path) || differ(pairs))
  })
  return new Map(
    asked
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, pairs]) => [
        path,
        [...latestFirst(state, pairs), ...latestFirst(state, beside.get(path) ?? [])].map(([dot, value]) => {
          const [at, by] = claim(state, dot)
          return { dot, value, at, by }
        }),
      ]),
  )
}

/** The nested answers as the rules show them: for `union` all that anybody chose, else the latest. */
export function view(body: Body, rules: Rules): Body {
  const shown = flatten(body['answers'])
  for (const [path, pairs] of read(body).registers) {
    if (shown.has(path) && pairs.length > 1 && ruleOf(rules, path) === 'union') shown.set(path, union(pairs))
  }
  return unflatten(shown)
}

/** Where the removal of each row around a path, and of the whole document, is said. */
export function removedBeside(path: string): string[] {
  const segments = path.split('.')
  const rows = segments.slice(0, -1).flatMap((segment, i) => (isRow(segment) ? [i + 1] : []))
  return ['removed', ...rows.map(end => [...segments.slice(0, end), 'removed'].join('.'))]
}

/** Whether a path says that a row or the whole document is removed. */
export function isRemoval(path: string): boolean {
  const segments = path.split('.')
  return segments.pop() === 'removed' && (segments.length === 0 || isRow(segments[segments.length - 1]!))
}

function ruleOf(rules: Rules, path: string): Rule {
  const name = withoutRows(path)
  return has(rules, name) ? rules[name]! : 'ask'
}

function differ(pairs: readonly Pair[]): boolean {
  return pairs.some(([, value]) => !same(pairs[0]![1], value))
}

/** For each removal the edits inside what it removed that its author had not seen. */
function besideRemovals(state: State): Map<string, Pair[]> {
  const found = new Map<string, Pair[]>()
  for (const [path, pairs] of state.registers) {
    const known = pairs.filter(([dot, value]) => value === true && state.removals.has(dot))
    if (known.length === 0 || !isRemoval(path)) continue
    const prefix = path.slice(0, -'removed'.length)
    const inner = [...state.registers].filter(([p]) => p !== path && p.startsWith(prefix)).flatMap(([, held]) => held)
    const dots = new Set(inner.map(([dot]) => dot))
    const beside = [...dots].filter(dot => !known.every(([removal]) => seen(state.removals.get(removal)!, dot)))
    if (beside.length > 0) found.set(path, beside.map(dot => [dot, null]))
  }
  return found
}

function union(pairs: readonly Pair[]): Json[] {
  const chosen = pairs.flatMap(([, value]) => (Array.isArray(value) ? value : value === null ? [] : [value]))
  const byText = new Map(chosen.map(item => [canonical(item), item]))
  return [...byText.keys()].sort().map(text => byText.get(text)!)
}
