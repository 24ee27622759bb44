/** Merging without an ancestor: every answer is a register that knows what its author had seen.
 *
 * The same as `sync/causal.py`; `forms/vectors/join.json` holds both to it.
 * A value goes only when somebody who had seen it replaced it. Bodies are whole document bodies, never changed in place.
 */
import type { Body, Json } from './json'
import { expand, flatten, same } from './paths'
import { isRemoval, removedBeside } from './questions'
import {
  add, canonical, compare, counter, read, seen, split, write, type Context, type Pair, type Registers, type State,
} from './registers'

export { difference, flatten, unflatten, type Paths } from './paths'
export { openQuestions, view, type Rule, type Rules, type Sibling } from './questions'
export type { Context, Pair, Registers } from './registers'

/** The `causal` member of a new document: all its answers date from `dot`. */
export function create(answers: Json, dot: string, at: string, by: string): Body {
  const [device, n] = split(dot)
  const dots = flatten(answers).size > 0 ? { [dot]: [at, by] } : {}
  return { born: dot, context: { [device]: n }, dots, stamps: {}, siblings: {} }
}

/** The body after one edit on `device`: each changed answer has the new value only, under one new dot.
 *
 * `changes` maps paths to values; a group or rows are taken apart, null clears. No changes, no edit.
 */
export function edit(
  body: Body,
  device: string,
  changes: ReadonlyMap<string, Json> | { readonly [path: string]: Json },
  at: string,
  by: string,
): Body {
  const state = read(body)
  const given = changes instanceof Map ? [...changes] : Object.entries(changes)
  const changed = new Map<string, Json>(given.flatMap(([path, value]: [string, Json]) => [...expand(path, value)]))
  if (changed.size === 0) return write(state)
  for (const path of keptRemovals(state, changed)) changed.set(path, true)
  const n = (state.context.get(device) ?? 0) + 1
  const dot = `${device}:${n}`
  const context = new Map(state.context).set(device, n)
  const removes = [...changed].some(([path, value]) => value === true && isRemoval(path))
  return write({
    ...state,
    context,
    registers: new Map([...state.registers, ...[...changed].map(([path, value]) => [path, [[dot, value]]] as [string, Pair[]])]),
    claims: new Map(state.claims).set(dot, [at, by]),
    removals: removes ? new Map(state.removals).set(dot, context) : state.removals,
  })
}

/** What both bodies say: commutative, associative, idempotent; only what somebody saw and replaced is gone. */
export function join(a: Body, b: Body): Body {
  return write(joinStates(read(a), read(b)))
}

/** The join of one or more bodies, the same in any order. */
export function joinAll(bodies: Iterable<Body>): Body {
  return write([...bodies].map(read).reduce(joinStates))
}

/** Every answer's (dot, value) pairs, the shown one first where one is shown. */
export function registers(body: Body): Registers {
  return read(body).registers
}

/** Which dots this body has seen. */
export function context(body: Body): Context {
  return read(body).context
}

/** Whether `body` has seen everything that `other` has. */
export function covers(body: Body, other: Body): boolean {
  const mine = context(body)
  return [...context(other)].every(([device, n]) => (mine.get(device) ?? 0) >= n)
}

function joinStates(a: State, b: State): State {
  const alike = a.born === b.born && same(a.envelope, b.envelope)
  const older = alike || compare(age(a), age(b)) <= 0 ? a : b
  const paths = new Set([...a.registers.keys(), ...b.registers.keys()])
  const merged = [...paths].map((path): [string, Pair[]] => {
    return [path, unseen(a.registers.get(path) ?? [], b.registers.get(path) ?? [], a.context, b.context)]
  })
  return {
    envelope: older.envelope,
    home: same(a.home, b.home) || compare(moves(a.home), moves(b.home)) >= 0 ? a.home : b.home,
    born: older.born,
    context: united(a.context, b.context, Math.max),
    registers: new Map(merged.filter(([, pairs]) => pairs.length > 0)),
    claims: united(a.claims, b.claims, (x, y) => (canonical(x) <= canonical(y) ? x : y)),
    removals: united(a.removals, b.removals, narrowed),
  }
}

/** Of one answer, each pair whose dot the other side holds too or has not seen.
 *
 * A dot on both sides with two values (a cloned phone) keeps both: doubtful identity drops nobody's words.
 */
function unseen(a: Pair[], b: Pair[], seenByA: Context, seenByB: Context): Pair[] {
  const heldByA = new Set(a.map(([dot]) => dot))
  const heldByB = new Set(b.map(([dot]) => dot))
  const kept = a.filter(([dot]) => heldByB.has(dot) || !seen(seenByB, dot))
  for (const pair of b) if (heldByA.has(pair[0]) || !seen(seenByA, pair[0])) add(kept, pair)
  return kept
}

function united<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>, both: (x: V, y: V) => V): Map<string, V> {
  const union = new Map(a)
  for (const [key, value] of b) union.set(key, a.has(key) ? both(a.get(key)!, value) : value)
  return union
}

/** Where one dot removed twice (a cloned phone), what both had seen: rather a question too many. */
function narrowed(a: Context, b: Context): Context {
  return new Map([...a].filter(([device]) => b.has(device)).map(([device, n]) => [device, Math.min(n, b.get(device)!)]))
}

/** The removals that an edit inside what is removed leaves standing, having seen them. */
function keptRemovals(state: State, changed: ReadonlyMap<string, Json>): string[] {
  const around = new Set([...changed.keys()].flatMap(removedBeside))
  return [...around].filter(path => {
    const pairs = state.registers.get(path) ?? []
    return !changed.has(path) && pairs.length > 0 && pairs.every(([, value]) => value === true)
  })
}

function age(state: State): [at: string, envelope: string, born: string] {
  const at = state.envelope['captured_at']
  return [typeof at === 'string' ? at : '\uffff', canonical(state.envelope), state.born]
}

function moves(home: Json | undefined): [move: number, home: string] {
  const move = typeof home === 'object' && home !== null && !Array.isArray(home) ? counter(home['move']) : -1
  return [move, canonical(home)]
}
