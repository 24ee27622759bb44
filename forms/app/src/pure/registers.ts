/** A body taken apart into registers, and put together again; the same as `sync/registers.py`.
 *
 *     dot       `device:n`, the n-th edit of this document by that device
 *     context   device -> n: which dots a body has seen
 *     register  the (dot, value) pairs of one answer; two or more where people edited without seeing each other
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import canonicalize from 'canonicalize'
import { isObject, type Body, type Json } from './json'
import { flatten, same, unflatten } from './paths'

export type Pair = readonly [dot: string, value: Json]
export type Registers = Map<string, Pair[]>
export type Context = Map<string, number>

/** A body taken apart. */
export interface State {
  /** What is fixed at creation: everything but answers, causal and home. */
  readonly envelope: Body
  readonly home: Json | undefined
  /** The dot of every answer that has no stamp of its own. */
  readonly born: string
  readonly context: Context
  readonly registers: Registers
  /** `[at, by]` by dot: when it was typed and by whom, as its device claims. */
  readonly claims: Map<string, Json>
  /** By dot of a removal, what its author had seen: whatever else is in the row came beside it. */
  readonly removals: Map<string, Context>
}

/** Total: what is malformed counts as not said, and a body without `causal` as one edit all of its own. */
export function read(body: Body): State {
  const causal = hasCausal(body) ? (body['causal'] as Body) : {}
  const born = (causal['born'] as string | undefined) ?? `raw-${digest(body).slice(0, 16)}:1`
  const registers = registersOf(body['answers'], born, entries(causal['stamps']), entries(causal['siblings']))
  const held = dotsOf(registers)
  const context = contextOf(causal['context'])
  for (const dot of [...held, born]) {
    const [device, n] = split(dot)
    if (n > (context.get(device) ?? 0)) context.set(device, n)
  }
  const { answers: _answers, causal: _causal, home, ...envelope } = body
  return {
    envelope,
    home,
    born,
    context,
    registers,
    claims: new Map([...entries(causal['dots'])].filter(([dot]) => held.has(dot))),
    removals: new Map(
      [...entries(causal['removals'])].filter(([dot]) => held.has(dot)).map(([dot, by]) => [dot, contextOf(by)]),
    ),
  }
}

/** The body: of each answer the latest value is shown, the others stand in `causal.siblings`. */
export function write(state: State): Body {
  const ordered = new Map([...state.registers].map(([path, pairs]) => [path, latestFirst(state, pairs)]))
  const top = (path: string): Pair => ordered.get(path)![0]!
  let answers = unflatten(new Map([...ordered].map(([path, pairs]) => [path, pairs[0]![1]])))
  const shown = flatten(answers)
  const visible = [...ordered.keys()].filter(path => shown.has(path) && same(shown.get(path), top(path)[1]))
  if (visible.length < ordered.size) answers = unflatten(new Map(visible.map(path => [path, top(path)[1]])))
  const seeable = new Set(visible)
  const hidden = [...ordered].map(([path, pairs]) => [path, seeable.has(path) ? pairs.slice(1) : pairs] as const)
  const used = [...dotsOf(state.registers)].sort()
  const causal: Body = {
    born: state.born,
    context: plain(state.context),
    dots: plain(new Map(used.filter(dot => state.claims.has(dot)).map(dot => [dot, state.claims.get(dot)!]))),
    stamps: plain(new Map(visible.map(path => [path, top(path)[0]] as const).filter(([, dot]) => dot !== state.born))),
    siblings: plain(new Map(hidden.filter(([, pairs]) => pairs.length > 0).map(([p, pairs]) => [p, pairs.map(pair => [...pair])]))),
  }
  const removals = used.filter(dot => state.removals.has(dot))
  if (removals.length > 0) {
    causal['removals'] = plain(new Map(removals.map(dot => [dot, plain(state.removals.get(dot)!)])))
  }
  return { ...state.envelope, ...(state.home == null ? {} : { home: state.home }), answers, causal }
}

/** By claimed time, then by dot, then by value, so that every machine shows the same one. */
export function latestFirst(state: State, pairs: readonly Pair[]): Pair[] {
  if (pairs.length < 2) return [...pairs]
  const ranked = pairs.map(pair => ({ pair, rank: [claim(state, pair[0])[0], ...split(pair[0]), canonical(pair[1])] }))
  return ranked.sort((a, b) => compare(b.rank, a.rank)).map(({ pair }) => pair)
}

/** When and by whom, as claimed, or empty text. The first dot may leave it to the envelope. */
export function claim(state: State, dot: string): [at: string, by: string] {
  let claimed = state.claims.get(dot)
  if (claimed === undefined && dot === state.born) {
    claimed = [state.envelope['captured_at'] ?? null, state.envelope['captured_by'] ?? null]
  }
  const [at, by] = Array.isArray(claimed) && claimed.length === 2 ? claimed : []
  return [typeof at === 'string' ? at : '', typeof by === 'string' ? by : '']
}

/** Device and counter; counter 0 for anything that is no dot, which nobody has ever seen. */
export function split(dot: string): [device: string, n: number] {
  const match = /^(.+):([1-9][0-9]{0,14})$/s.exec(dot)
  return match ? [match[1]!, Number(match[2])] : [dot, 0]
}

/** Whether a context has seen a dot. */
export function seen(by: Context, dot: string): boolean {
  const [device, n] = split(dot)
  return n > 0 && n <= (by.get(device) ?? 0)
}

/** A whole number above zero, or 0 for anything else. */
export function counter(value: Json | undefined): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0
}

/** Whether a body says what its editors had seen. */
export function hasCausal(body: Body): boolean {
  const causal = body['causal']
  return isObject(causal) && typeof causal['born'] === 'string' && causal['born'] !== ''
}

/** Canonical JSON (RFC 8785), which also orders values. */
export function canonical(value: Json | undefined): string {
  return canonicalize(value ?? null) as string
}

/** Lists compared member by member, text by code unit. */
export function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [i, item] of a.entries()) {
    const other = b[i]!
    if (item !== other) return item < other ? -1 : 1
  }
  return 0
}

/** Append a pair unless it is there. */
export function add(pairs: Pair[], pair: Pair): void {
  if (!pairs.some(([dot, value]) => dot === pair[0] && same(value, pair[1]))) pairs.push(pair)
}

/** A map as an object, its keys in order. */
export function plain<V extends Json>(map: ReadonlyMap<string, V>): Body {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** An object's members as a map; none for anything else. */
export function entries(value: Json | undefined): Map<string, Json> {
  return new Map(isObject(value) ? Object.entries(value) : [])
}

function registersOf(
  answers: Json | undefined,
  born: string,
  stamps: Map<string, Json>,
  siblings: Map<string, Json>,
): Registers {
  const registers: Registers = new Map()
  for (const [path, value] of flatten(answers)) {
    const stamp = stamps.get(path)
    registers.set(path, [[typeof stamp === 'string' ? stamp : born, value]])
  }
  for (const [path, listed] of siblings) {
    const pairs = registers.get(path) ?? []
    for (const item of Array.isArray(listed) ? listed : []) {
      if (Array.isArray(item) && item.length === 2 && typeof item[0] === 'string') add(pairs, [item[0], item[1]!])
    }
    if (pairs.length > 0) registers.set(path, pairs)
  }
  return registers
}

function dotsOf(registers: Registers): Set<string> {
  return new Set([...registers.values()].flatMap(pairs => pairs.map(([dot]) => dot)))
}

function contextOf(value: Json | undefined): Context {
  return new Map([...entries(value)].map(([device, n]) => [device, counter(n)] as const).filter(([, n]) => n > 0))
}

function digest(body: Body): string {
  return bytesToHex(sha256(utf8ToBytes(canonical(body))))
}
