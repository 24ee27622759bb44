/// What screens derive from the book: small pure functions of it.
import type { Book, Household, RecordRow } from '../pure/book'
import { dayOf, daysBetween } from '../pure/dates'
import type { Seen } from './phone'

/** Results of a visit that count as having been there: met (1), by phone or video (7). */
const MET = new Set(['1', '7'])
const DEFAULT_CYCLE_DAYS = 180
const SOON_DAYS = 7

export type Freshness = 'fresh' | 'soon' | 'late' | 'never' | 'empty'

/** When each household was last visited with success. */
export function lastVisits(book: Book): Map<string, string> {
  const last = new Map<string, string>()
  for (const record of book.records.values()) {
    if (record.form !== 'visit' || !MET.has(record.result)) continue
    if ((last.get(record.subject) ?? '') < record.at) last.set(record.subject, record.at)
  }
  return last
}

/** Days until the next visit is due; negative when it is late. */
export function daysLeft(household: Household, last: string | undefined, today: string): number | null {
  if (last === undefined) return null
  return (household.cycleDays ?? DEFAULT_CYCLE_DAYS) - daysBetween(dayOf(Date.parse(last)), today)
}

export function freshness(household: Household, last: string | undefined, today: string): Freshness {
  const left = daysLeft(household, last, today)
  if (left === null) return 'never'
  return left < 0 ? 'late' : left <= SOON_DAYS ? 'soon' : 'fresh'
}

/** Records of a household, newest first. */
export function timeline(book: Book, subject: string): RecordRow[] {
  return [...book.records.values()].filter(record => record.subject === subject).sort((one, other) => (one.at < other.at ? 1 : -1))
}

export function returnedRecords(_seen: Seen): RecordRow[] {
  return []
}
