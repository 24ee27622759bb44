/** Values that are found from others, and kept for as long as what they were found from stands. */

/** Where a value is: a question in a row, a setting. */
export interface Keyed {
  readonly path: string
}

/** How a value is found at a place. The function is the name of the column, so it is written down once. */
export type Rule<S, P extends Keyed, T> = (source: S, place: P) => T

/** A value, and the values that were read to find it; null where it is what the source was given. */
interface Cell<S> {
  readonly rule: Rule<S, never, unknown>
  readonly place: Keyed
  readonly value: unknown
  readonly reads: ReadonlySet<Cell<S>> | null
}

/** The cells of one source. Nothing in them changes: what follows a source has cells of its own, and takes over those that stand. */
export class Cells<S> {
  private readonly known = new Map<Rule<S, never, unknown>, Map<string, Cell<S>>>()
  /** What the cell that is being found has read so far. */
  private reads: Set<Cell<S>> | null = null

  constructor(
    private readonly source: S,
    private before: Cells<S> | null,
  ) {}

  /** What the source was given at a place: looked up anew in each source. */
  given<P extends Keyed, T>(rule: Rule<S, P, T>, place: P): T {
    return this.noted(this.settled(rule, place, true)).value as T
  }

  /** What a rule gives at a place; undefined while that is being found. */
  found<P extends Keyed, T>(rule: Rule<S, P, T>, place: P): T | undefined {
    return this.noted(this.settled(rule, place, false)).value as T | undefined
  }

  /** Whether a rule is being followed at a place: what it gives is not known there yet. */
  isFinding<P extends Keyed>(rule: Rule<S, P, unknown>, place: P): boolean {
    return this.column(rule).get(place.path) === FINDING
  }

  /** Settle what the source before knew and nobody has asked of this one, as far as its place is still there, and let go of it. */
  close(isThere: (place: Keyed) => boolean): void {
    for (const cells of this.before?.known.values() ?? [])
      for (const cell of cells.values()) if (isThere(cell.place)) this.again(cell)
    this.before = null
  }

  private noted(cell: Cell<S>): Cell<S> {
    if (cell !== FINDING) this.reads?.add(cell)
    return cell
  }

  private settled<P extends Keyed>(rule: Rule<S, P, unknown>, place: P, isGiven: boolean): Cell<S> {
    const known = this.column(rule)
    let cell = known.get(place.path)
    if (cell === undefined) {
      const old = this.before?.column(rule).get(place.path)
      known.set(place.path, FINDING as Cell<S>)
      cell = old !== undefined && this.stands(old) ? old : this.made(rule, place, isGiven, old)
      known.set(place.path, cell)
    }
    return cell
  }

  /** Whether all that a cell of the source before read is as it was. In the order in which it was read: each read was decided by those before it. */
  private stands({ reads }: Cell<S>): boolean {
    if (reads === null) return false
    for (const read of reads) if (this.again(read).value !== read.value) return false
    return true
  }

  private again({ rule, place, reads }: Cell<S>): Cell<S> {
    return this.settled(rule as Rule<S, Keyed, unknown>, place, reads === null)
  }

  private made<P extends Keyed>(rule: Rule<S, P, unknown>, place: P, isGiven: boolean, old: Cell<S> | undefined): Cell<S> {
    const outer = this.reads
    const reads = new Set<Cell<S>>()
    this.reads = reads
    const value = rule(this.source, place)
    this.reads = outer
    return { rule, place, value: old !== undefined && same(value, old.value) ? old.value : value, reads: isGiven ? null : reads }
  }

  private column<P extends Keyed>(rule: Rule<S, P, unknown>): Map<string, Cell<S>> {
    let column = this.known.get(rule)
    if (column === undefined) this.known.set(rule, (column = new Map()))
    return column
  }
}

/** Stands where a cell is being found. */
const FINDING: Cell<never> = { rule: () => undefined, place: { path: '' }, value: undefined, reads: new Set() }

/** Equal, or lists of the same: a list that is made anew is no news. */
function same(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((item, at) => item === other[at])
}
