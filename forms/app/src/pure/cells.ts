/** Values that are found from others, and kept for as long as what they were found from stands. */

/** Where a value is: a question in a row, a setting. */
export interface Keyed {
  readonly path: string
}

/** How a value is found at a place. The function is the name of the column, so it is written down once. */
export type Rule<S, P extends Keyed, T> = (source: S, place: P) => T

/** A value, and the cells that were read to find it; null where it is what the source was given. */
interface Cell<S> {
  readonly rule: Rule<S, Keyed, unknown>
  readonly place: Keyed
  readonly value: unknown
  readonly reads: ReadonlySet<Cell<S>> | null
}

/** The cells of one source. What follows a source has cells of its own, and takes over those that stand. */
export class Cells<S> {
  /** The places where something is other than it was in the source before. */
  readonly news = new Set<string>()
  private readonly columns = new Map<Rule<S, Keyed, unknown>, Map<string, Cell<S>>>()
  /** What the cell that is being found has read so far. */
  private reads: Set<Cell<S>> | null = null

  constructor(
    private readonly source: S,
    private before: Cells<S> | null,
  ) {}

  /** What the source was given at a place: looked up anew in each source. */
  given<P extends Keyed, T>(rule: Rule<S, P, T>, place: P): T {
    return this.read(this.settled(rule as Rule<S, Keyed, T>, place, true)) as T
  }

  /** What a rule gives at a place; undefined while that is being found. */
  found<P extends Keyed, T>(rule: Rule<S, P, T>, place: P): T | undefined {
    return this.read(this.settled(rule as Rule<S, Keyed, T>, place, false)) as T | undefined
  }

  /** Settle what the source before knew and nobody has asked of this one, as far as its place is still there, and let go of it. */
  close(isThere: (place: Keyed) => boolean): void {
    for (const column of this.before?.columns.values() ?? [])
      for (const cell of column.values()) if (isThere(cell.place)) this.again(cell)
    this.before = null
  }

  private read(cell: Cell<S>): unknown {
    if (cell !== FINDING) this.reads?.add(cell)
    return cell.value
  }

  private again({ rule, place, reads }: Cell<S>): Cell<S> {
    return this.settled(rule, place, reads === null)
  }

  private settled(rule: Rule<S, Keyed, unknown>, place: Keyed, isGiven: boolean): Cell<S> {
    const column = this.column(rule)
    const known = column.get(place.path)
    if (known !== undefined) return known
    const old = this.before?.column(rule).get(place.path)
    if (!isGiven) column.set(place.path, FINDING as Cell<S>)
    const cell = isGiven ? this.looked(rule, place, old) : old !== undefined && this.stands(old) ? old : this.made(rule, place, old)
    column.set(place.path, cell)
    if (old !== undefined && old.value !== cell.value) this.news.add(place.path)
    return cell
  }

  /** Whether all that a cell of the source before read is as it was; in the order of reading, as each read decided on the next. */
  private stands({ reads }: Cell<S>): boolean {
    for (const read of reads!) if (this.again(read).value !== read.value) return false
    return true
  }

  private looked(rule: Rule<S, Keyed, unknown>, place: Keyed, old: Cell<S> | undefined): Cell<S> {
    const value = kept(old?.value, rule(this.source, place))
    return old !== undefined && value === old.value ? old : { rule, place, value, reads: null }
  }

  private made(rule: Rule<S, Keyed, unknown>, place: Keyed, old: Cell<S> | undefined): Cell<S> {
    const outer = this.reads
    const reads = (this.reads = new Set<Cell<S>>())
    const value = kept(old?.value, rule(this.source, place))
    this.reads = outer
    return { rule, place, value, reads }
  }

  private column(rule: Rule<S, Keyed, unknown>): Map<string, Cell<S>> {
    let column = this.columns.get(rule)
    if (column === undefined) this.columns.set(rule, (column = new Map()))
    return column
  }
}

/** Stands where a cell is being found, or is looked at whether it stands: nothing can be said of it yet. */
const FINDING: Cell<never> = { rule: () => undefined, place: { path: '' }, value: undefined, reads: new Set() }

/** What was there before, where what is found now is the same: a list that is made anew is no news. */
export function kept<T>(before: T | undefined, found: T): T {
  if (!Array.isArray(before) || !Array.isArray(found)) return found
  return before.length === found.length && before.every((item, at) => item === found[at]) ? before : found
}
