/// What the reviewers said of a record: the fold of its steps by the table of its form.
import type { Book, RecordRow, StepRow } from './book'
import { type Body, isObject, type Json } from './json'
import { fold, readStep, type Table } from './workflow'

export interface Review {
  state: string
  /** What its table calls the state; null where no step was needed. */
  label: Json
  /** Its author may correct it and hand it in again. */
  correctable: boolean
  /** Approved, and changed since by somebody whose edit the approval had not seen. */
  changedSince: boolean
  /** Steps that had an effect, in their order. */
  effective: readonly string[]
  /** Steps without effect: they lost against another, or did not fit. */
  superseded: ReadonlySet<string>
}

export interface Comments {
  comment: string
  comments: Record<string, string>
}

/** The acts that send a record back to its author. */
const SENT_BACK = new Set(['return', 'fail_check'])

const NONE: Review = { state: 'submitted', label: null, correctable: false, changedSince: false, effective: [], superseded: new Set() }

/** Where a record stands, by the workflow table of its form. */
export function reviewOf(book: Book, id: string, table: Body | null): Review {
  const record = book.records.get(id)
  const steps = [...(book.steps.get(id)?.values() ?? [])]
  if (!record || steps.length === 0 || table === null) return NONE
  const found = fold(table, steps.map(step => readStep(step.id, step.body)), record.by)
  const { state } = found
  const { acts, states } = table as unknown as Table
  const last = steps.find(step => step.id === found.last)
  return {
    state,
    label: states[state] ?? null,
    correctable: acts.some(row => row.act === 'resubmit' && row.from.includes(state)),
    changedSince: state === 'approved' && last !== undefined && !covered(record, last),
    effective: found.effective,
    superseded: new Set(Object.keys(found.superseded)),
  }
}

/** What the last reviewer who returned the record, or found it wrong, said of it. */
export function commentsOf(book: Book, id: string): Comments {
  const returned = [...(book.steps.get(id)?.values() ?? [])].filter(step => SENT_BACK.has(String(step.body.act)))
  const last = returned.sort((one, other) => (String(one.body.at) < String(other.body.at) ? 1 : -1))[0]
  const fields = isObject(last?.body.fields) ? last.body.fields : {}
  const comments = isObject(fields.comments) ? fields.comments : {}
  return {
    comment: typeof fields.comment === 'string' ? fields.comment : '',
    comments: Object.fromEntries(Object.entries(comments).map(([path, said]) => [path, String(said)])),
  }
}

function covered(record: RecordRow, step: StepRow): boolean {
  const seen = isObject(step.body.seen) ? step.body.seen : {}
  return Object.entries(record.context).every(([device, n]) => Number(seen[device] ?? 0) >= n)
}
