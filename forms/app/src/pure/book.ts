/// The book: what the screens need of every file, record and step of this phone, small enough to be kept in memory.
import { openQuestions, type Rules } from './causal'
import { type Body, isObject, type Json } from './json'

export interface Dwelling {
  id: string
  database: string
  building: string
  unit: string
  floor: number | null
  room: string
  address: string
}

export interface Member {
  row: string
  personId: string
  relation: string
  livesHere: boolean
}

export interface Household {
  id: string
  database: string
  dwellingId: string
  members: Member[]
  phone: string
  headId: string
  cycleDays: string
  movedInOn: string
  /** How many answers a person has to decide: two people changed them without seeing each other's change. */
  open: number
}

export interface Person {
  id: string
  database: string
  householdId: string
  name: string
  phone: string
  open: number
}

/** Any other file: a compound, a building. */
export interface OtherFile {
  id: string
  database: string
  kind: string
  name: string
}

export interface RecordRow {
  id: string
  database: string
  form: string
  version: number
  subject: string
  by: string
  capturedAt: string
  /** When it happened, where the form asks; else when it was captured. */
  at: string
  result: string
  /** When the worker promised to come again. */
  retryAt: string
  summary: string
  /** The causal context of its present body: which edits it holds. */
  context: { [device: string]: number }
}

export interface StepRow {
  id: string
  body: Body
}

/** Rows by id. Steps are listed by the record they are about. */
export interface Book {
  dwellings: Map<string, Dwelling>
  households: Map<string, Household>
  persons: Map<string, Person>
  others: Map<string, OtherFile>
  records: Map<string, RecordRow>
  steps: Map<string, Map<string, StepRow>>
}

export function emptyBook(): Book {
  return { dwellings: new Map(), households: new Map(), persons: new Map(), others: new Map(), records: new Map(), steps: new Map() }
}

/** Take note of a document as it now is. `body` is null for one that is gone; `rules` are those of its form. */
export function note(book: Book, database: string, id: string, body: Body | null, rules: Rules = {}): void {
  const kind = id.slice(0, id.indexOf(':'))
  if (kind === 'step') return noteStep(book, id, body)
  const rows = rowsOf(book, kind)
  if (rows === null) return
  const answers = body === null ? null : objectOf(body.answers)
  if (body === null || answers === null || answers.removed === true) rows.delete(id)
  else rows.set(id, rowOf(kind, database, id, body, answers, rules))
}

function rowsOf(book: Book, kind: string): Map<string, unknown> | null {
  switch (kind) {
    case 'dwelling':
      return book.dwellings
    case 'household':
      return book.households
    case 'person':
      return book.persons
    case 'record':
      return book.records
    case 'grid_unit':
      return book.others
    default:
      return null
  }
}

function rowOf(kind: string, database: string, id: string, body: Body, answers: Body, rules: Rules): unknown {
  switch (kind) {
    case 'dwelling':
      return dwelling(id, database, answers)
    case 'household':
      return household(id, database, body, answers, rules)
    case 'person':
      return person(id, database, body, answers, rules)
    case 'grid_unit':
      return { id, database, kind, name: text(answers.name) }
    default:
      return record(id, database, body, answers)
  }
}

function dwelling(id: string, database: string, answers: Body): Dwelling {
  return {
    id,
    database,
    building: text(answers.building),
    unit: text(answers.unit),
    floor: typeof answers.floor_no === 'number' ? answers.floor_no : null,
    room: text(answers.room_no),
    address: text(answers.address_full),
  }
}

function household(id: string, database: string, body: Body, answers: Body, rules: Rules): Household {
  return {
    id,
    database,
    dwellingId: text(answers.dwelling_id) || text(body.subject),
    members: rowList(answers.members).map(member => ({
      row: text(member.row),
      personId: text(member.person_id),
      relation: text(member.relation),
      livesHere: member.lives_here !== false,
    })),
    phone: text(answers.contact_phone),
    headId: text(answers.head_person_id),
    cycleDays: text(answers.visit_cycle_days),
    movedInOn: text(answers.move_in_date),
    open: openQuestions(body, rules).size,
  }
}

function person(id: string, database: string, body: Body, answers: Body, rules: Rules): Person {
  return {
    id,
    database,
    householdId: text(answers.subject) || text(body.subject),
    name: text(answers.name),
    phone: text(answers.phone),
    open: openQuestions(body, rules).size,
  }
}

function record(id: string, database: string, body: Body, answers: Body): RecordRow {
  return {
    id,
    database,
    form: text(body.form),
    version: typeof body.form_version === 'number' ? body.form_version : 0,
    subject: text(body.subject),
    by: text(body.captured_by),
    capturedAt: text(body.captured_at),
    at: text(answers.visited_at) || text(answers.found_at) || text(body.captured_at),
    result: text(answers.result),
    retryAt: text(answers.retry_at),
    summary: text(answers.summary) || text(answers.description),
    context: (objectOf(objectOf(body.causal)?.context) ?? {}) as { [device: string]: number },
  }
}

function noteStep(book: Book, id: string, body: Body | null): void {
  const about = body === null ? null : text(body.record)
  if (body === null || about === null) {
    for (const steps of book.steps.values()) steps.delete(id)
    return
  }
  const steps = book.steps.get(about) ?? new Map<string, StepRow>()
  steps.set(id, { id, body })
  book.steps.set(about, steps)
}

/** The rows of a repeat that are not removed, in order of their row id. */
export function rowList(value: Json | undefined): Body[] {
  if (!Array.isArray(value)) return []
  const rows = value.filter((row): row is Body => isObject(row) && row.removed !== true)
  return rows.sort((one, other) => (text(one.row) < text(other.row) ? -1 : 1))
}

function objectOf(value: Json | undefined): Body | null {
  return isObject(value) ? value : null
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
