/// A form's questions and the answers to them, put into words.
import type { Book } from '../pure/book'
import { wallClock } from '../pure/dates'
import { type Body, isObject, type Json } from '../pure/json'
import { withoutRows } from '../pure/paths'
import { isSilent } from './widgets/silent'
import { inLanguage } from './words'

/** One question of a published form, as the screens need it. */
export type Question = Body & { name: string; type: string }

export interface Reader {
  locale: string
  book: Book
  yes: string
  no: string
  /** A text of the form with the answers that it names, where they are at hand. */
  worded?: (text: Body) => Body
}

/** The question at a path, rows left out; null where the form has none. */
export function questionAt(form: Body | null, path: string): Question | null {
  let questions = form?.questions
  let found: Question | null = null
  for (const name of withoutRows(path).split('.')) {
    if (!Array.isArray(questions)) return null
    found = (questions.find(one => isObject(one) && one.name === name) as Question | undefined) ?? null
    questions = found?.questions
  }
  return found
}

/** What people call the answer at a path: the labels of its groups are left out, its rows too. */
export function labelAt(form: Body | null, path: string, locale: string): string {
  return inLanguage(questionAt(form, path)?.label, locale) || withoutRows(path)
}

/** An answer as a person reads it: labels of choices, names of people, local times. */
export function wordsOf(form: Body | null, question: Question | null, value: Json | undefined, reader: Reader): string {
  if (value === null || value === undefined || value === '') return ''
  if (typeof value === 'boolean') return value ? reader.yes : reader.no
  if (Array.isArray(value)) return value.map(one => (typeof one === 'string' ? choiceLabel(form, question, one, reader) : '')).join('、')
  if (typeof value !== 'string') return String(value)
  if (question?.type === 'datetime') return wallClock(value).replace('T', ' ')
  if (question?.type === 'ref') return nameOf(value, reader.book)
  if (question?.type === 'geopoint') return value.split(' ').slice(0, 2).join(', ')
  return choiceLabel(form, question, value, reader)
}

function choiceLabel(form: Body | null, question: Question | null, name: string, reader: Reader): string {
  const lists = isObject(form?.choices) ? form.choices : {}
  const list = typeof question?.choices === 'string' ? lists[question.choices] : undefined
  const choice = Array.isArray(list) ? list.find(one => isObject(one) && one.name === name) : undefined
  if (!isObject(choice) || !isObject(choice.label)) return name
  return inLanguage(reader.worded?.(choice.label) ?? choice.label, reader.locale) || name
}

function nameOf(id: string, book: Book): string {
  const person = book.persons.get(id)
  if (person) return person.name
  const dwelling = book.dwellings.get(id)
  return dwelling ? dwelling.address || dwelling.room : id.slice(0, id.indexOf(':'))
}

/** Each answered question in the order of the form, groups and rows taken apart. */
export function answered(form: Body | null, answers: Body): { path: string; question: Question; value: Json }[] {
  return walk(form?.questions, answers, '')
}

function walk(questions: Json | undefined, answers: Body, prefix: string): { path: string; question: Question; value: Json }[] {
  if (!Array.isArray(questions)) return []
  return questions.flatMap(one => {
    const question = one as Question
    const value = answers[question.name]
    const path = prefix + question.name
    if (value === null || value === undefined || value === '' || isSilent(question.type)) return []
    if (question.type === 'group') return isObject(value) ? walk(question.questions, value, `${path}.`) : []
    if (question.type !== 'repeat') return [{ path, question, value }]
    const rows = Array.isArray(value) ? value.filter((row): row is Body => isObject(row) && row.removed !== true) : []
    return rows.flatMap(row => walk(question.questions, row, `${path}.${String(row.row)}.`))
  })
}
