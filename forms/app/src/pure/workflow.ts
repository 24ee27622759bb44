/** Workflow tables, and the state of a record as a fold over the graph of its steps; the twin of `forms/workflow.py`,
 * which says what the fold means, and of `forms/workflow_table.py`, which says what a table is. */
import { type Body, isObject, type Json } from './json'
import { answered } from './kinds'

/** Why a step has no effect. */
export type Why = 'competing' | 'overruled' | 'unfit' | 'not_allowed' | 'too_often' | 'incomplete' | 'unseen'

type Label = { [language: string]: string }
type When = { [fact: string]: string[] }

export interface Act {
  act: string
  label: Label
  from: string[]
  /** Without it the act is a remark: the record stays where it is. */
  to?: string
  who: string[]
  author?: boolean
  by_maker_of?: string[]
  not_by_maker_of?: string[]
  offline: boolean
  exclusive?: boolean
  requires?: string[][]
  when?: When
  most?: number
  raises?: boolean
}

export interface Timer {
  timer: string
  label: Label
  in: string[]
  when?: When
  after?: string
  work?: boolean
  until?: string
  before?: string
  pauses?: string[]
  restarts?: string[]
  act?: string
}

export interface Table {
  workflow: string
  initial: string
  states: { [state: string]: Label }
  acts: Act[]
  timers?: Timer[]
  level?: { answer?: string; start: number; most: number }
}

/** One act on a record. `after` are the ids of the steps its maker saw; `fields` what he added. */
export interface Step {
  id: string
  act: string
  by: string
  role: string
  at: string
  after: string[]
  fields: Body
}

/** What an act did to a record: the state after it, the steps that agree in it, who made them. */
export interface Move {
  act: string
  to: string
  steps: string[]
  by: string[]
}

/** Where a record stands. `last` brought it there (null: no step was needed), `moves` its life, `said` what its steps
 * added, `effective` all steps that had an effect, `superseded` the others, `competing` those that wait for a ruling. */
export interface State {
  state: string
  last: string | null
  moves: Move[]
  said: Body
  effective: string[]
  superseded: { [step: string]: Why }
  competing: string[]
}

/** Who might act: name, the roles held there, whether the record is his own. */
export interface Someone {
  name: string
  roles: readonly string[]
  isAuthor: boolean
}

/** A home server's ruling on competing acts: known by its id, which nobody else may write. */
function isRuling(step: Step): boolean {
  return step.id.slice(step.id.lastIndexOf(':') + 1).startsWith('ruling-')
}

/** The step in a document body; what is missing or of a wrong type reads as empty. */
export function readStep(id: string, body: Body): Step {
  const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
  const after = Array.isArray(body.after) ? body.after.filter((seen): seen is string => typeof seen === 'string') : []
  const fields = isObject(body.fields) ? body.fields : {}
  return { id, act: text(body.act), by: text(body.by), role: text(body.role), at: text(body.at), after, fields }
}

/** The state that a set of steps gives; with `author`, acts that are (not) the author's are held to it. */
export function fold(table: Table | Body, steps: Iterable<Step>, author: string | null = null): State {
  return new Fold(table as Table, steps, author).state()
}

/** The rows of the table that somebody may act by now, in the table's order. */
export function allowed(table: Table | Body, found: Pick<State, 'state' | 'moves' | 'said'>, someone: Someone, offline: boolean): Act[] {
  const { state, moves, said } = found
  return (table as Table).acts.filter(
    row =>
      rowFor(table as Table, row.act, state, said) === row &&
      (row.offline || !offline) &&
      row.who.some(role => someone.roles.includes(role)) &&
      !hindered(row, moves, someone.name, someone.isAuthor) &&
      count(row.act, moves) < (row.most ?? Infinity),
  )
}

/** The row by which an act leaves a state: the first of its rows that fits. */
function rowFor(table: Table, act: string, state: string, said: Body): Act | undefined {
  return table.acts.find(row => row.act === act && row.from.includes(state) && fits(row.when, said))
}

/** Whether each named fact is (or, of several values, holds) one of the values wanted. */
export function fits(when: When | undefined, facts: Body): boolean {
  return Object.entries(when ?? {}).every(([name, values]) => textsOf(facts[name]).some(text => values.includes(text)))
}

/** The texts that a condition may want of a value: codes as they are, a yes or no as `true` and `false`. */
function textsOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value === 'boolean') return [value ? 'true' : 'false']
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [String(value + 0)] : []
  return typeof value === 'string' && value !== '' ? [value] : []
}

/** Whether the separation of duties keeps somebody from an act. */
function hindered(row: Act, moves: readonly Move[], name: string, isAuthor: boolean): boolean {
  if ((row.author ?? isAuthor) !== isAuthor) return true
  if (moves.some(move => row.not_by_maker_of?.includes(move.act) && move.by.includes(name))) return true
  const makers = moves.filter(move => row.by_maker_of?.includes(move.act)).pop()?.by ?? [name]
  return !makers.includes(name)
}

function count(act: string, moves: readonly Move[]): number {
  return moves.filter(move => move.act === act).length
}

interface Reached {
  state: string
  place: string
  last: string | null
  moves: Move[]
  said: Body
  lost: Map<string, Why>
}

class Fold {
  private readonly steps: Map<string, Step>
  private readonly names: string[]
  private readonly order: string[]
  private readonly seen: Map<string, Set<string>>
  private readonly left = new Map<string, string>()
  private readonly rows = new Map<string, Act>()
  private readonly why = new Map<string, Why>()

  constructor(
    private readonly table: Table,
    steps: Iterable<Step>,
    private readonly author: string | null,
  ) {
    this.steps = new Map([...steps].map(step => [step.id, step]))
    this.names = [...this.steps.keys()].sort()
    this.seen = new Map(this.names.map(name => [name, this.reachedFrom(name)]))
    this.order = this.names.slice().sort((a, b) => this.seen.get(a)!.size - this.seen.get(b)!.size || (a < b ? -1 : 1))
    for (const name of this.order) this.place(name)
  }

  /** Which place a step left, and by which row; or why it has no effect. */
  private place(name: string): void {
    if (this.seen.get(name)!.has(name)) {
      this.why.set(name, 'unseen')
      return
    }
    const step = this.steps.get(name)!
    const then = this.reach(this.seen.get(name)!)
    this.left.set(name, then.place)
    if (isRuling(step)) return
    const row = rowFor(this.table, step.act, then.state, then.said)
    const fault = row === undefined ? 'unfit' : this.fault(step, row, then)
    if (fault !== null) this.why.set(name, fault)
    else this.rows.set(name, row!)
  }

  state(): State {
    const { state, last, moves, said, lost } = this.reach(new Set(this.names))
    const effective = moves.flatMap(move => move.steps)
    const superseded: State['superseded'] = {}
    for (const name of this.names)
      if (!effective.includes(name) && !isRuling(this.steps.get(name)!))
        superseded[name] = this.why.get(name) ?? lost.get(name) ?? 'unseen'
    const competing = this.names.filter(name => superseded[name] === 'competing')
    return { state, last, moves, said, effective, superseded, competing }
  }

  /** Every known step that `after` reaches; a step in a circle reaches itself. */
  private reachedFrom(name: string): Set<string> {
    const found = new Set<string>()
    const waiting = [...this.steps.get(name)!.after]
    for (let before = waiting.pop(); before !== undefined; before = waiting.pop()) {
      const step = this.steps.get(before)
      if (step === undefined || found.has(before)) continue
      found.add(before)
      waiting.push(...step.after)
    }
    return found
  }

  private fault(step: Step, row: Act, then: Reached): Why | null {
    if (!row.who.includes(step.role)) return 'not_allowed'
    const isAuthor = this.author === null ? (row.author ?? false) : step.by === this.author
    if (hindered(row, then.moves, step.by, isAuthor)) return 'not_allowed'
    if (count(step.act, then.moves) >= (row.most ?? Infinity)) return 'too_often'
    const complete = (row.requires ?? []).every(either => either.some(name => answered(step.fields[name] ?? null)))
    return complete ? null : 'incomplete'
  }

  private reach(names: ReadonlySet<string>): Reached {
    const leaving = new Map<string, string[]>()
    const remarks = new Map<string, string[]>()
    for (const name of this.order) {
      const row = this.rows.get(name)
      if (!names.has(name) || row === undefined) continue
      const kind = row.to === undefined ? remarks : leaving
      const place = this.left.get(name)!
      kind.set(place, [...(kind.get(place) ?? []), name])
    }
    const rulings = this.names.filter(name => names.has(name)).map(name => this.steps.get(name)!).filter(isRuling)
    const chosen = new Set(rulings.map(ruling => String(ruling.fields.winner)))
    const found: Reached = { state: this.table.initial, place: '', last: null, moves: [], said: {}, lost: new Map() }
    for (;;) {
      for (const name of remarks.get(found.place) ?? []) this.move([name], found)
      const candidates = (leaving.get(found.place) ?? []).sort()
      const winners = this.winners(candidates, chosen)
      for (const name of candidates)
        if (!winners.includes(name)) found.lost.set(name, winners.length > 0 ? 'overruled' : 'competing')
      if (winners.length === 0) return found
      found.last = winners[0]!
      found.state = this.rows.get(found.last)!.to!
      this.move(winners, found)
      found.place = this.next(found.place, found.last)
    }
  }

  /** Add the move that these steps make, and what they say. */
  private move(names: string[], found: Reached): void {
    const steps = names.map(name => this.steps.get(name)!)
    for (const step of steps) Object.assign(found.said, step.fields)
    found.moves.push({ act: steps[0]!.act, to: found.state, steps: names, by: steps.map(step => step.by) })
  }

  private next(place: string, name: string): string {
    const { act } = this.steps.get(name)!
    return `${place}/${act}${this.rows.get(name)!.exclusive ? `#${name}` : ''}`
  }

  /** The steps that move the record on from one place: all that agree, or those who saw or won over the rest. */
  private winners(candidates: string[], chosen: ReadonlySet<string>): string[] {
    const sides = new Map<string, string[]>()
    for (const name of candidates) {
      const side = this.next('', name)
      sides.set(side, [...(sides.get(side) ?? []), name])
    }
    if (sides.size < 2) return candidates
    const all = [...sides.values()]
    const saw = all.find(side => {
      const others = candidates.filter(name => !side.includes(name))
      return side.some(name => others.every(other => this.seen.get(name)!.has(other)))
    })
    return saw ?? all.find(side => side.some(name => chosen.has(name))) ?? []
  }
}
