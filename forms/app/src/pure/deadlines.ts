/** What is due on a record and when; the twin of `forms/deadlines.py`, which says what the clocks mean. */
import type { Calendar } from './calendar'
import { DAY_MS, EARLIEST_MS, instantMs, LATEST_MS, localDay, moved, SHANGHAI_MS, utcText } from './days'
import type { Body, Json } from './json'
import { atom, numberOf } from './values'
import { fits, type State, type Step, type Table, type Timer } from './workflow'

/** A clock that runs on a record. `dueAt` is null while it stands still; `act` is what the home server does then. */
export interface Deadline {
  timer: string
  dueAt: string | null
  act: string | null
}

/** What deadlines depend on besides the table: answers, when the record was made, where it stands, its steps. */
export interface Life {
  answers: Body
  begunAt: string
  state: State
  steps: readonly Step[]
}

/** The clocks that run on a record now, in the table's order; of several rows of one clock the first that fits. */
export function deadlines(table: Table, life: Life, calendar: Calendar): Deadline[] {
  const facts = factsOf(table, life.answers, life.state)
  const all = stations(table, life)
  const found = new Map<string, Deadline>()
  for (const row of table.timers ?? []) {
    const { timer, act = null } = row
    if (found.has(timer) || !fits(row.when, facts)) continue
    const stay = stayOf(row, all)
    if (stay.length === 0) continue
    if (row.pauses?.includes(stay[stay.length - 1]!.state)) {
      found.set(timer, { timer, dueAt: null, act })
      continue
    }
    const dueMs = sound(row.until === undefined ? afterMs(row, stay, calendar) : untilMs(row, row.until, stay, facts))
    if (dueMs !== null) found.set(timer, { timer, dueAt: utcText(dueMs), act })
  }
  return [...found.values()]
}

/** What is known of a record: its answers, what its steps said over them, its level where the table has one. */
export function factsOf(table: Table, answers: Body, state: State): Body {
  const facts = { ...answers, ...state.said }
  return table.level === undefined ? facts : { ...facts, level: levelOf(table, answers, state) }
}

/** The level that a record has reached; 0 where its table has none. */
export function levelOf(table: Table, answers: Body, state: State): number {
  const { level } = table
  if (level === undefined) return 0
  const own = numberOf(atom(answers[level.answer ?? '']))
  const start = own >= 1 && own <= level.most ? Math.trunc(own) : level.start
  const raising = new Set(table.acts.filter(row => row.raises).map(row => row.act))
  return Math.min(level.most, start + state.moves.filter(move => raising.has(move.act)).length)
}

/** A state that the record is (or was) in: since when, by which act, and what was said in coming there. */
interface Station {
  state: string
  act: string
  sinceMs: number
  said: ReadonlySet<string>
}

/** The life of a record as states with their beginnings, in order; a remark opens the same state again. */
function stations(table: Table, life: Life): Station[] {
  let atMs = instant(life.begunAt) ?? 0
  const found: Station[] = [{ state: table.initial, act: '', sinceMs: atMs, said: new Set(Object.keys(life.answers)) }]
  const known = new Map(life.steps.map(step => [step.id, step]))
  for (const move of life.state.moves) {
    const steps = move.steps.map(name => known.get(name)!)
    const claimed = steps.map(step => instant(step.at)).filter(ms => ms !== null)
    if (claimed.length > 0) atMs = Math.max(atMs, Math.min(...claimed))
    const said = new Set(steps.flatMap(step => Object.keys(step.fields)))
    found.push({ state: move.to, act: move.act, sinceMs: atMs, said })
  }
  return found
}

/** The last unbroken stay in the clock's states, from where it was last set; empty where it does not run. */
function stayOf(row: Timer, all: readonly Station[]): Station[] {
  const within = new Set([...row.in, ...(row.pauses ?? [])])
  const stay: Station[] = []
  for (const station of [...all].reverse()) {
    if (!within.has(station.state)) break
    stay.unshift(station)
    if (row.restarts?.includes(station.act)) break
  }
  return stay
}

function afterMs(row: Timer, stay: readonly Station[], calendar: Calendar): number | null {
  const pauses = pausesOf(row, stay)
  const startMs = stay[0]!.sinceMs
  const { clockMs, years, months, days } = duration(row.after ?? '')
  if (clockMs !== null) return startMs + clockMs + stoodMs(pauses)
  if (row.work) {
    const stood = pauses.reduce((sum, [begin, end]) => sum + calendar.between(localDay(begin), localDay(end)), 0)
    return endMs(calendar.after(localDay(startMs), days + stood))
  }
  const lastMs = moved(startMs, years, months, days + stoodDays(pauses), 0)
  return lastMs === null ? null : endMs(localDay(lastMs))
}

/** The end that was named, moved by what the clock stood still since it was named. */
function untilMs(row: Timer, until: string, stay: readonly Station[], facts: Body): number | null {
  const named = facts[until]
  let dueMs = instant(named)
  if (dueMs === null) return null
  const setAt = Math.max(0, stay.map(station => station.said.has(until)).lastIndexOf(true))
  const pauses = pausesOf(row, stay.slice(setAt))
  if (String(named).length === '2026-11-22'.length) dueMs = endMs(localDay(dueMs) + stoodDays(pauses))
  else dueMs += stoodMs(pauses)
  const { clockMs, years, months, days } = duration(row.before ?? 'P0D')
  return sound(dueMs) === null ? null : moved(dueMs, -years, -months, -days, -(clockMs ?? 0) / 60_000)
}

/** From when to when the clock stood still. */
function pausesOf(row: Timer, stay: readonly Station[]): [number, number][] {
  return stay.slice(1).flatMap((following, n): [number, number][] => {
    const here = stay[n]!
    return row.pauses?.includes(here.state) ? [[here.sinceMs, following.sinceMs]] : []
  })
}

function stoodMs(pauses: readonly [number, number][]): number {
  return pauses.reduce((sum, [begin, end]) => sum + end - begin, 0)
}

function stoodDays(pauses: readonly [number, number][]): number {
  return pauses.reduce((sum, [begin, end]) => sum + localDay(end) - localDay(begin), 0)
}

interface Duration {
  clockMs: number | null
  years: number
  months: number
  days: number
}

const DURATION =
  /^P(?=[0-9T])(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?)?$/

/** A duration as milliseconds by the clock (null where it is of days), years, months, days. */
function duration(text: string): Duration {
  const match = DURATION.exec(text) ?? []
  const [years, months, weeks, days, hours, minutes] = [1, 2, 3, 4, 5, 6].map(n => Number(match[n] ?? 0)) as [
    number, number, number, number, number, number,
  ]
  const clockMs = text.includes('T') ? (hours * 60 + minutes) * 60_000 : null
  return { clockMs, years, months, days: weeks * 7 + days }
}

function instant(value: Json | undefined): number | null {
  return typeof value === 'string' ? sound(instantMs(value)) : null
}

/** An instant that can be written down: none before the year 1 or after 9999. */
function sound(ms: number | null): number | null {
  return ms !== null && ms >= EARLIEST_MS && ms <= LATEST_MS ? ms : null
}

/** The midnight that ends a local day. */
function endMs(day: number): number {
  return (day + 1) * DAY_MS - SHANGHAI_MS
}
