/// Beginning a draft: a new record about a file, an edit of what is there, a new member, a correction.
import { instant } from '../pure/dates'
import type { Body, Json } from '../pure/json'
import { isObject } from '../pure/json'
import type { Draft } from './drafts'
import type { Phone } from './phone'

/** What a reviewer said when he returned a record. */
export interface Comments {
  comment: string
  comments: Record<string, string>
}

/** Begin a record about a file, or about a place that has none; `source` is the record it comes from.
 *
 * One that was begun and not finished is gone on with. A file that belongs to no other is begun the same way.
 */
export async function startRecord(
  phone: Phone,
  form: string,
  database: string,
  subject: string | null,
  source?: string,
): Promise<Draft> {
  const origin: Body = source === undefined ? {} : { source_ref: source }
  const same = (draft: Draft): boolean =>
    draft.form === form && draft.database === database && draft.subject === subject && draft.base === null && draft.answers.source_ref === source
  const begun = (await phone.drafts.all()).find(same)
  if (begun) return begun
  const id = `${phone.forms.find(form)?.kind === 'file' ? form : 'record'}:${phone.newUlid()}`
  return keep(phone, { ...blank(phone, form), answers: origin, key: id, id, database, subject })
}

/** Begin a person who joins a household. */
export async function startMember(phone: Phone, database: string, household: string): Promise<Draft> {
  const id = `person:${phone.newUlid()}`
  const joins = { household, row: phone.newUlid(), relation: '', livesHere: true }
  return keep(phone, { ...blank(phone, 'person'), key: id, id, database, subject: household, joins })
}

/** Begin (or go on with) an edit of a document, in the form version it was filled with. */
export async function startEdit(phone: Phone, database: string, id: string, comments: Comments | null = null): Promise<Draft | null> {
  const key = `edit:${id}`
  const begun = await phone.drafts.find(key)
  if (begun) return begun
  const stored = await phone.database(database).read(id)
  if (stored === null) return null
  const { body, rev } = stored
  const returned = comments === null ? null : { ...comments, stepUlid: phone.newUlid() }
  const form = String(body.form)
  return keep(phone, {
    ...blank(phone, form),
    key,
    id,
    database,
    version: isRecord(id) ? Number(body.form_version) : (phone.forms.newest(form) ?? Number(body.form_version)),
    subject: typeof body.subject === 'string' ? body.subject : null,
    answers: structured(isObject(body.answers) ? body.answers : {}) as Body,
    base: { rev, body },
    returned,
  })
}

function isRecord(id: string): boolean {
  return id.startsWith('record:')
}

function blank(phone: Phone, form: string): Omit<Draft, 'key' | 'id' | 'database' | 'subject'> {
  const at = instant(phone.now())
  return {
    form,
    version: phone.forms.newest(form) ?? 0,
    answers: {},
    base: null,
    joins: null,
    returned: null,
    warned: [],
    touched: false,
    startedAt: at,
    savedAt: at,
    saving: null,
  }
}

async function keep(phone: Phone, draft: Draft): Promise<Draft> {
  await phone.drafts.keep(draft)
  phone.tell()
  return draft
}

function structured(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
