/** When the next visit to a household is due; the twin of `forms/due.py`. */
import { DAY_MS, instantMs, localDate, localDay } from './days'
import type { Body, Json } from './json'
import { atom, numberOf } from './values'

/** A rule of a file's form (`due` in the published form): which answers of which records decide. */
export interface DueRule {
  forms: string[]
  at: string
  result: string
  done: string[]
  retry?: string
  every?: string
  every_days: number
  start?: string
  first_days?: number
}

/** The day (local, YYYY-MM-DD), why, how many days late (negative: still to come), and the last success. */
export interface Due {
  on: string
  why: 'first' | 'cycle' | 'retry'
  lateDays: number
  lastAt: string | null
}

/** The next due day. `answers` are the file's, `records` the answers of its records of the rule's forms. */
export function nextDue(rule: DueRule, answers: Body, records: Iterable<Body>, today: string): Due {
  const known = [...records]
    .map(record => ({ ms: msOf(record[rule.at]), record }))
    .filter((one): one is { ms: number; record: Body } => one.ms !== null)
    .sort((a, b) => a.ms - b.ms)
  const last = known.filter(({ record }) => rule.done.includes(record[rule.result] as string)).pop()
  const begun = msOf(answers[rule.start ?? ''])
  let why: Due['why'] = last === undefined ? 'first' : 'cycle'
  let day = last !== undefined ? localDay(last.ms) + cycleDays(rule, answers) : begun === null ? dayOfText(today) : localDay(begun) + (rule.first_days ?? 0)
  const since = known.filter(({ ms }) => last === undefined || ms > last.ms).pop()
  const promised = msOf(since?.record[rule.retry ?? ''])
  if (promised !== null && (why === 'first' || localDay(promised) < day)) {
    day = localDay(promised)
    why = 'retry'
  }
  return { on: localDate(day * DAY_MS), why, lateDays: dayOfText(today) - day, lastAt: (last?.record[rule.at] as string) ?? null }
}

function cycleDays(rule: DueRule, answers: Body): number {
  const own = numberOf(atom(answers[rule.every ?? '']))
  return own >= 1 && own <= 3660 ? Math.trunc(own) : rule.every_days
}

function msOf(value: Json | undefined): number | null {
  return typeof value === 'string' ? instantMs(value) : null
}

function dayOfText(text: string): number {
  const ms = instantMs(text)
  return ms === null ? 0 : localDay(ms)
}
