/// Which household is to be visited when: the rule of the household form over what the book knows.
import type { Book, Household, RecordRow } from './book'
import { type Due, type DueRule, nextDue } from './due'
import { type Body, isObject } from './json'

/** Within this many days a visit is shown as coming up. */
export const SOON_DAYS = 7

export type Freshness = 'fresh' | 'soon' | 'late' | 'never' | 'empty'

/** The rule of a published form; null if it carries none. */
export function dueRule(form: Body | null): DueRule | null {
  const rule = Array.isArray(form?.due) ? form.due[0] : null
  return isObject(rule) ? (rule as unknown as DueRule) : null
}

/** When each household is due, by id. */
export function dueByHousehold(book: Book, rule: DueRule | null, today: string): Map<string, Due> {
  const due = new Map<string, Due>()
  if (rule === null) return due
  const records = new Map<string, Body[]>()
  for (const record of book.records.values()) {
    if (!rule.forms.includes(record.form)) continue
    const known = records.get(record.subject) ?? []
    known.push(asAnswers(record, rule))
    records.set(record.subject, known)
  }
  for (const household of book.households.values()) {
    const answers = { [rule.every ?? '']: household.cycleDays, [rule.start ?? '']: household.movedInOn }
    due.set(household.id, nextDue(rule, answers, records.get(household.id) ?? [], today))
  }
  return due
}

function asAnswers(record: RecordRow, rule: DueRule): Body {
  return { [rule.at]: record.at, [rule.result]: record.result, [rule.retry ?? '']: record.retryAt || null }
}

/** How a door is coloured. */
export function freshness(due: Due | undefined): Freshness {
  if (due === undefined || (due.lastAt === null && due.why === 'first')) return 'never'
  return due.lateDays > 0 ? 'late' : due.lateDays >= -SOON_DAYS ? 'soon' : 'fresh'
}

/** Households due within the week or late: those seen before by lateness, then those never seen. */
export function dueList(book: Book, due: Map<string, Due>): { household: Household; due: Due }[] {
  const all = [...book.households.values()].flatMap(household => {
    const found = due.get(household.id)
    return found !== undefined && found.lateDays >= -SOON_DAYS ? [{ household, due: found }] : []
  })
  const rank = (one: { due: Due }): number => (freshness(one.due) === 'never' ? 1 : 0)
  return all.sort((one, other) => rank(one) - rank(other) || other.due.lateDays - one.due.lateDays)
}
