/** Workflow tables, and the state of a record as a fold over the graph of its steps; the twin of `forms/workflow.py`,
 * which says what the fold means. */
import { type Body, isObject, type Json } from './json'

/** Why a step has no effect. */
export type Why = 'competing' | 'overruled' | 'unfit' | 'not_allowed' | 'incomplete' | 'unseen'

export interface Act {
  act: string
  label: { [language: string]: string }
  from: string[]
  to: string
  who: string[]
  author?: boolean
  offline: boolean
  exclusive?: boolean
  requires?: string[][]
}

export interface Table {
  workflow: string
  initial: string
  states: { [state: string]: { [language: string]: string } }
  acts: Act[]
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

/** Where a record stands. `last` brought it there (null: no step was needed), `effective` all steps that had an
 * effect, `superseded` the others with why, `competing` those that wait for a ruling. */
export interface State {
  state: string
  last: string | null
  effective: string[]
  superseded: { [step: string]: Why }
  competing: string[]
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

/** The rows of the table that somebody with these roles may act by now, in the table's order. */
export function allowed(
  table: Table | Body,
  state: string,
  roles: Iterable<string>,
  isAuthor: boolean,
  offline: boolean,
): Act[] {
  const held = new Set(roles)
  return (table as Table).acts.filter(
    act =>
      act.from.includes(state) &&
      act.who.some(role => held.has(role)) &&
      (act.author ?? isAuthor) === isAuthor &&
      (act.offline || !offline),
  )
}

interface Reached {
  state: string
  place: string
  last: string | null
  effective: string[]
  lost: Map<string, Why>
}

class Fold {
  private readonly steps: Map<string, Step>
  private readonly names: string[]
  private readonly seen: Map<string, Set<string>>
  private readonly left = new Map<string, string>()
  private readonly why = new Map<string, Why>()

  constructor(
    private readonly table: Table,
    steps: Iterable<Step>,
    private readonly author: string | null,
  ) {
    this.steps = new Map([...steps].map(step => [step.id, step]))
    this.names = [...this.steps.keys()].sort()
    this.seen = new Map(this.names.map(name => [name, this.reachedFrom(name)]))
    const bySize = this.names.slice().sort((a, b) => this.seen.get(a)!.size - this.seen.get(b)!.size || (a < b ? -1 : 1))
    for (const name of bySize) {
      if (this.seen.get(name)!.has(name)) {
        this.why.set(name, 'unseen')
        continue
      }
      const then = this.reach(this.seen.get(name)!)
      this.left.set(name, then.place)
      const fault = this.fault(this.steps.get(name)!, then.state)
      if (fault !== null) this.why.set(name, fault)
    }
  }

  state(): State {
    const { state, last, effective, lost } = this.reach(new Set(this.names))
    const superseded: State['superseded'] = {}
    for (const name of this.names)
      if (!effective.includes(name) && !isRuling(this.steps.get(name)!))
        superseded[name] = this.why.get(name) ?? lost.get(name) ?? 'unseen'
    const competing = this.names.filter(name => superseded[name] === 'competing')
    return { state, last, effective, superseded, competing }
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

  private row(act: string): Act | undefined {
    return this.table.acts.find(row => row.act === act)
  }

  private fault(step: Step, state: string): Why | null {
    if (isRuling(step)) return null
    const row = this.row(step.act)
    if (row === undefined || !row.from.includes(state)) return 'unfit'
    if (!row.who.includes(step.role)) return 'not_allowed'
    const isAuthor = step.by === this.author
    if (this.author !== null && (row.author ?? isAuthor) !== isAuthor) return 'not_allowed'
    const complete = (row.requires ?? []).every(either => either.some(name => given(step.fields[name])))
    return complete ? null : 'incomplete'
  }

  private reach(names: ReadonlySet<string>): Reached {
    const leaving = new Map<string, string[]>()
    const chosen = new Set<string>()
    for (const name of this.names) {
      if (!names.has(name)) continue
      const step = this.steps.get(name)!
      if (isRuling(step)) chosen.add(String(step.fields.winner))
      else if (this.left.has(name) && !this.why.has(name)) {
        const place = this.left.get(name)!
        leaving.set(place, [...(leaving.get(place) ?? []), name])
      }
    }
    const found: Reached = { state: this.table.initial, place: '', last: null, effective: [], lost: new Map() }
    for (let candidates = leaving.get(''); candidates !== undefined; candidates = leaving.get(found.place)) {
      const winners = this.winners(candidates, chosen)
      for (const name of candidates)
        if (!winners.includes(name)) found.lost.set(name, winners.length > 0 ? 'overruled' : 'competing')
      if (winners.length === 0) break
      found.effective.push(...winners)
      found.last = winners[0]!
      found.place = this.next(found.place, found.last)
      found.state = this.row(this.steps.get(found.last)!.act)!.to
    }
    return found
  }

  private next(place: string, name: string): string {
    const { act } = this.steps.get(name)!
    return `${place}/${act}${this.row(act)?.exclusive ? `#${name}` : ''}`
  }

  /** The steps that move the record on from one place: all that agree, or those who saw or won over the rest. */
  private winners(candidates: string[], chosen: ReadonlySet<string>): string[] {
    const sides = new Map<string, string[]>()
    for (const name of candidates) {
      const side = this.next('', name)
      sides.set(side, [...(sides.get(side) ?? []), name])
    }
    if (sides.size === 1) return candidates
    const all = [...sides.values()]
    const saw = all.find(side => {
      const others = candidates.filter(name => !side.includes(name))
      return side.some(name => others.every(other => this.seen.get(name)!.has(other)))
    })
    return saw ?? all.find(side => side.some(name => chosen.has(name))) ?? []
  }
}

/** Whether a required field says something: not empty in Python's sense, which the server uses. */
function given(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
