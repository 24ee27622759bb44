/// What screens derive from the book: small pure functions of it.
import type { Book, Household, RecordRow } from '../pure/book'
import { reviewOf as fold, type Review } from '../pure/review'
import type { OutboxRow } from '../sync/outbox'
import type { Seen } from './phone'
import { inLanguage } from './words'

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
  const { state, correctable } = reviewOf(seen, id)
  if (correctable) return 'returned'
  return state === 'approved' ? 'approved' : (row?.reach ?? 'sent')
}

/** How far a matter has come beyond the review, in the words of its table; empty where the receipt says it all. */
export function stateWords(seen: Seen, id: string, locale: string): string {
  const { state, label, correctable } = reviewOf(seen, id)
  return correctable || state === 'submitted' || state === 'approved' ? '' : inLanguage(label, locale) || state
}

/** My records that a reviewer has sent back, newest first. */
export function returnedRecords(seen: Seen): RecordRow[] {
  const me = seen.session.value?.user.name
  const mine = [...seen.book.value.records.values()].filter(record => record.by === me)
  return mine.filter(record => reviewOf(seen, record.id).correctable).sort((a, b) => (a.at < b.at ? 1 : -1))
}

/** Households where a person must choose between two values. */
export function contestedHouseholds(book: Book): Household[] {
  return [...book.households.values()].filter(
    household => household.open > 0 || household.members.some(member => (book.persons.get(member.personId)?.open ?? 0) > 0),
  )
}
