/// What screens derive from the book: small pure functions of it.
import type { Book, Household, RecordRow } from '../pure/book'
import { dayOf, daysBetween } from '../pure/dates'
import { reviewOf as fold, type Review } from '../pure/review'
import type { OutboxRow } from '../sync/outbox'
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

/** How far a document of this phone has come, as its author needs to know it. */
export type ReceiptState = OutboxRow['reach'] | 'draft' | 'approved' | 'returned'

/** Where a record stands in the review, by the workflow its form names. */
export function reviewOf(seen: Seen, id: string): Review {
  const record = seen.book.value.records.get(id)
  const table = record ? seen.phone.forms.workflow(record.form, record.version) : null
  return fold(seen.book.value, id, table)
}

/** The receipt of a record: what the reviewers said, else how far it has travelled. */
export function receiptOf(seen: Seen, id: string): ReceiptState {
  const row = seen.outbox.value.find(one => one.id === id)
  if (row && row.reach !== 'sent' && row.reach !== 'district') return row.reach
  const review = reviewOf(seen, id)
  if (review.state !== 'submitted') return review.state
  return row?.reach ?? 'sent'
}

/** My records that a reviewer has sent back, newest first. */
export function returnedRecords(seen: Seen): RecordRow[] {
  const me = seen.session.value?.user.name
  const mine = [...seen.book.value.records.values()].filter(record => record.by === me)
  return mine.filter(record => reviewOf(seen, record.id).state === 'returned').sort((a, b) => (a.at < b.at ? 1 : -1))
}

/** A household to visit: days left until (negative: since) its visit was due; null if it was never visited. */
export interface Due {
  household: Household
  last: string | undefined
  left: number | null
}

/** Households whose visit is due within the week or late, the latest first; those never visited come after them. */
export function dueHouseholds(book: Book, today: string): Due[] {
  const visits = lastVisits(book)
  const all = [...book.households.values()].map(household => {
    const last = visits.get(household.id)
    return { household, last, left: daysLeft(household, last, today) }
  })
  const due = all.filter(one => one.left === null || one.left <= SOON_DAYS)
  return due.sort((one, other) => (one.left ?? SOON_DAYS + 1) - (other.left ?? SOON_DAYS + 1))
}

/** Households where a person must choose between two values. */
export function contestedHouseholds(book: Book): Household[] {
  return [...book.households.values()].filter(
    household => household.open > 0 || household.members.some(member => (book.persons.get(member.personId)?.open ?? 0) > 0),
  )
}
