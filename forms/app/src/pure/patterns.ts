/** Regular expressions in the RE2 subset, matched by simulating all their threads at once, so that no pattern runs
 * away; the twin of `forms/patterns.py`, which says more. */

const MAX_TEXT = 1000
const MAX_STEPS = 1000
const LAST = 0x10ffff

type Range = readonly [low: number, high: number]
type Ranges = readonly Range[]
type Tree =
  | { kind: 'start' | 'end' }
  | { kind: 'take'; ranges: Ranges }
  | { kind: 'all'; inner: Tree[] }
  | { kind: 'any'; inner: Tree[] }
  | { kind: 'repeat'; least: number; most: number | null; inner: Tree }
interface Step {
  kind: 'start' | 'end' | 'take' | 'fork' | 'match'
  ranges?: Ranges
  to?: number[]
}

const CLASSES: { [letter: string]: Ranges } = {
  d: [[48, 57]],
  w: [[48, 57], [65, 90], [95, 95], [97, 122]],
  s: [[9, 10], [12, 13], [32, 32]],
}
const ESCAPES: { [letter: string]: number } = { t: 9, n: 10, r: 13, f: 12, v: 11 }

class PatternInvalid extends Error {}

const known = new Map<string, Step[] | null>()

/** Whether the whole text matches; false for a pattern outside the subset or a text over 1,000 characters. */
export function matches(pattern: string, text: string): boolean {
  const characters = Array.from(text)
  const steps = compiled(pattern)
  if (steps === null || characters.length > MAX_TEXT) return false
  let threads = reached(steps, [0], 0, characters.length)
  for (const [index, character] of characters.entries()) {
    const point = character.codePointAt(0)!
    const after = threads.filter(at => steps[at]!.ranges?.some(([low, high]) => low <= point && point <= high))
    threads = reached(steps, after.map(at => at + 1), index + 1, characters.length)
    if (threads.length === 0) return false
  }
  return threads.some(at => steps[at]!.kind === 'match')
}

/** The steps of a pattern; null for one outside the subset. */
function compiled(pattern: string): Step[] | null {
  let steps = known.get(pattern)
  if (steps === undefined) {
    steps = compile(pattern)
    if (known.size > 500) known.clear()
    known.set(pattern, steps)
  }
  return steps
}

function compile(pattern: string): Step[] | null {
  try {
    const reader = new Reader(Array.from(pattern))
    const tree = reader.alternatives()
    if (reader.peek() !== '') return null
    const steps: Step[] = []
    emit(tree, steps)
    steps.push({ kind: 'match' })
    return steps
  } catch (error) {
    if (error instanceof PatternInvalid) return null
    throw error
  }
}

/** The taking or matching steps that `starts` lead to without a character. */
function reached(steps: Step[], starts: number[], index: number, length: number): number[] {
  const seen = new Set<number>()
  const waiting = starts.slice().reverse()
  const found: number[] = []
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const step = steps[at]!
    if (step.kind === 'fork') waiting.push(...step.to!)
    else if (step.kind === 'take' || step.kind === 'match') found.push(at)
    else if (step.kind === 'start' ? index === 0 : index === length) waiting.push(at + 1)
  }
  return found
}

function inverted(ranges: Ranges): Ranges {
  const found: Range[] = []
  let start = 0
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (low > start) found.push([start, low - 1])
    start = Math.max(start, high + 1)
  }
  if (start <= LAST) found.push([start, LAST])
  return found
}

function emit(tree: Tree, steps: Step[]): void {
  if (tree.kind === 'start' || tree.kind === 'end') steps.push({ kind: tree.kind })
  else if (tree.kind === 'take') steps.push({ kind: 'take', ranges: tree.ranges })
  else if (tree.kind === 'repeat') emitRepeat(tree.least, tree.most, tree.inner, steps)
  else if (tree.kind === 'any') emitAny(tree.inner, steps)
  else if (tree.kind === 'all') for (const inner of tree.inner) emit(inner, steps)
  if (steps.length > MAX_STEPS) throw new PatternInvalid()
}

function emitAny(choices: Tree[], steps: Step[]): void {
  const exits: number[] = []
  for (const inner of choices.slice(0, -1)) {
    const fork = steps.push({ kind: 'fork' }) - 1
    emit(inner, steps)
    exits.push(steps.push({ kind: 'fork' }) - 1)
    steps[fork] = { kind: 'fork', to: [fork + 1, steps.length] }
  }
  emit(choices[choices.length - 1]!, steps)
  for (const place of exits) steps[place] = { kind: 'fork', to: [steps.length] }
}

function emitRepeat(least: number, most: number | null, inner: Tree, steps: Step[]): void {
  for (let count = 0; count < least; count++) emit(inner, steps)
  if (most === null) {
    const fork = steps.push({ kind: 'fork' }) - 1
    emit(inner, steps)
    steps.push({ kind: 'fork', to: [fork] })
    steps[fork] = { kind: 'fork', to: [fork + 1, steps.length] }
    return
  }
  const forks: number[] = []
  for (let count = least; count < most; count++) {
    forks.push(steps.push({ kind: 'fork' }) - 1)
    emit(inner, steps)
  }
  for (const fork of forks) steps[fork] = { kind: 'fork', to: [fork + 1, steps.length] }
}

function unbounded(tree: Tree): boolean {
  if (tree.kind === 'repeat') return tree.most === null || unbounded(tree.inner)
  return (tree.kind === 'all' || tree.kind === 'any') && tree.inner.some(unbounded)
}

class Reader {
  private at = 0
  private depth = 0

  constructor(private readonly pattern: string[]) {}

  peek(): string {
    return this.pattern[this.at] ?? ''
  }

  alternatives(): Tree {
    const choices = [this.sequence()]
    while (this.met('|')) choices.push(this.sequence())
    return choices.length === 1 ? choices[0]! : { kind: 'any', inner: choices }
  }

  private take(): string {
    if (this.peek() === '') throw new PatternInvalid()
    return this.pattern[this.at++]!
  }

  private met(character: string): boolean {
    if (this.peek() !== character) return false
    this.at += 1
    return true
  }

  private sequence(): Tree {
    const inner: Tree[] = []
    while (!['', '|', ')'].includes(this.peek())) inner.push(this.quantified(this.item()))
    return { kind: 'all', inner }
  }

  private quantified(inner: Tree): Tree {
    const bounds = this.bounds()
    if (bounds === null) return inner
    if (inner.kind === 'start' || inner.kind === 'end') throw new PatternInvalid()
    this.met('?')
    if (bounds[1] === null && unbounded(inner)) throw new PatternInvalid()
    if (['*', '+', '?'].includes(this.peek()) || this.counted() !== null) throw new PatternInvalid()
    return { kind: 'repeat', least: bounds[0], most: bounds[1], inner }
  }

  private bounds(): [number, number | null] | null {
    if (this.met('*')) return [0, null]
    if (this.met('+')) return [1, null]
    return this.met('?') ? [0, 1] : this.counted()
  }

  private counted(): [number, number | null] | null {
    const end = this.pattern.indexOf('}', this.at)
    if (this.peek() !== '{' || end < 0) return null
    const match = /^([0-9]{1,5})(,([0-9]{1,5})?)?$/.exec(this.pattern.slice(this.at + 1, end).join(''))
    if (match === null) return null
    const least = Number(match[1])
    const most = match[3] !== undefined ? Number(match[3]) : match[2] !== undefined ? null : least
    if (least > MAX_STEPS || (most !== null && (most > MAX_STEPS || most < least))) throw new PatternInvalid()
    this.at = end + 1
    return [least, most]
  }

  private item(): Tree {
    const character = this.take()
    if (character === '(') return this.group()
    if (character === '[') return { kind: 'take', ranges: this.members() }
    if (character === '.') return { kind: 'take', ranges: inverted([[10, 10]]) }
    if (character === '\\') return { kind: 'take', ranges: this.escaped() }
    if ('*+?'.includes(character)) throw new PatternInvalid()
    if (character === '^') return { kind: 'start' }
    if (character === '$') return { kind: 'end' }
    return { kind: 'take', ranges: single(character.codePointAt(0)!) }
  }

  private group(): Tree {
    this.depth += 1
    if (this.depth > 40) throw new PatternInvalid()
    if (this.met('?') && !this.met(':')) throw new PatternInvalid()
    const inner = this.alternatives()
    if (!this.met(')')) throw new PatternInvalid()
    this.depth -= 1
    return inner
  }

  private escaped(): Ranges {
    const character = this.take()
    const listed = CLASSES[character.toLowerCase()]
    if (listed !== undefined && /[a-z]/i.test(character)) return character === character.toLowerCase() ? listed : inverted(listed)
    const plain = ESCAPES[character]
    if (plain !== undefined) return single(plain)
    if (character === 'x' || character === 'u') return single(this.hex(character === 'x' ? 2 : 4))
    if (/[A-Za-z0-9]/.test(character)) throw new PatternInvalid()
    return single(character.codePointAt(0)!)
  }

  private hex(length: number): number {
    const digits = this.pattern.slice(this.at, this.at + length).join('')
    if (digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) throw new PatternInvalid()
    this.at += length
    return Number.parseInt(digits, 16)
  }

  private members(): Ranges {
    const negated = this.met('^')
    const found: Range[] = []
    for (let first = true; first || this.peek() !== ']'; first = false) {
      const low = this.member()
      if (this.peek() === '-' && ![']', undefined].includes(this.pattern[this.at + 1])) {
        this.at += 1
        found.push(span(low, this.member()))
      } else found.push(...low)
    }
    this.at += 1
    return negated ? inverted(found) : found
  }

  private member(): Ranges {
    const character = this.take()
    return character === '\\' ? this.escaped() : single(character.codePointAt(0)!)
  }
}

function single(point: number): Ranges {
  return [[point, point]]
}

function span(low: Ranges, high: Ranges): Range {
  const [start, end] = [low[0]!, high[0]!]
  if (low.length !== 1 || high.length !== 1 || start[0] !== start[1] || start[0] > end[1]) throw new PatternInvalid()
  return [start[0], end[1]]
}
