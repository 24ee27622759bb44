/// Things put into words, in the reader's language.
import type { Book, Dwelling, Household, Person } from '../pure/book'
import { isObject, type Json } from '../pure/json'
import { inLanguage as inObject } from '../pure/messages'

type Translate = (key: string, named?: Record<string, unknown>) => string

/** A text of a form or of the server in this language, or in Chinese, or in whichever it has. An answer that it names, and
 * that is not at hand here, is an ellipsis. */
export function inLanguage(text: Json | undefined, locale: string): string {
  const found = isObject(text) ? inObject(text, locale) : text
  return typeof found === 'string' ? found.replace(/\$\{[^{}]*\}/g, '…') : ''
}

/** A building as people say it: a bare number gets its word. */
export function buildingName(building: string, t: Translate): string {
  if (building === '') return t('households.noBuilding')
  return /^\d+$/.test(building) ? t('households.building', { n: building }) : building
}

export function unitName(unit: string, t: Translate): string {
  if (unit === '') return t('households.noUnit')
  return /^\d+$/.test(unit) ? t('households.unit', { n: unit }) : unit
}

/** The people of a household, the head first. */
export function people(household: Household, book: Book): Person[] {
  const found = household.members.flatMap(member => book.persons.get(member.personId) ?? [])
  const isHead = (person: Person): boolean =>
    person.id === household.headId || household.members.some(one => one.personId === person.id && one.relation === '02')
  return found.sort((one, other) => Number(isHead(other)) - Number(isHead(one)))
}

/** Whom the household is called after: its head, or whoever is known. */
export function householdName(household: Household, book: Book, t: Translate): string {
  return people(household, book)[0]?.name || t('household.unnamed')
}

/** Where the household lives, short enough for a list. */
export function address(household: Household, book: Book, t: Translate): string {
  const dwelling = book.dwellings.get(household.dwellingId)
  return dwelling ? doorName(dwelling, t) : t('household.noDwelling')
}

/** A door as people say it: building, unit, room. */
export function doorName(dwelling: Dwelling, t: Translate): string {
  const building = buildingName(dwelling.building, t)
  const unit = dwelling.unit === '' ? '' : unitName(dwelling.unit, t)
  return t('households.place', { building, unit, room: dwelling.room })
}

/** What a file is called in a list: a household by its door and head, a person by name. */
export function subjectName(id: string | null, book: Book, t: Translate): string {
  if (id === null) return ''
  const household = book.households.get(id)
  if (household) return `${address(household, book, t)} · ${householdName(household, book, t)}`
  const record = book.records.get(id)
  if (record) return subjectName(record.subject, book, t)
  return book.persons.get(id)?.name ?? book.dwellings.get(id)?.address ?? book.others.get(id)?.name ?? ''
}

/** Why the server would not take a document: its slug in the reader's words, or else its own sentence. */
export function refusalWords(reason: string, t: Translate, known: (key: string) => boolean): string {
  const [, slug = '', sentence = reason] = /^([a-z_]+): (.*)$/s.exec(reason) ?? []
  return known(`refusal.${slug}`) ? t(`refusal.${slug}`) : sentence
}
