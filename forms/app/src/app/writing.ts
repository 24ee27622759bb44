/// Turning what a worker typed into documents: new ones, edits of the join, and steps.
import { type Revision, revision, type Stored } from '../db/database'
import { filesIn } from '../pure/answers'
import { create, edit } from '../pure/causal'
import { instant } from '../pure/dates'
import { type Body, isObject, type Json } from '../pure/json'
import { editOf } from '../pure/rebase'
import type { OutboxRow } from '../sync/outbox'
import type { GridOfUser, Session } from '../sync/session'
import type { Draft } from './drafts'
import type { Phone } from './phone'

/** Write a finished draft: a new document, an edit, or an edit and a resubmission. The draft goes when all is durable.
 * `at` is when its answers were found right; a desk that checks them again takes the same time for now.
 *
 * Killed anywhere and called again, it goes on where it stopped and writes nothing twice.
 */
export async function finish(phone: Phone, begun: Draft, answers: Body, at = instant(phone.now())): Promise<void> {
  const draft = await (await isWritten(phone, begun) ? begun : write(phone, { ...begun, answers }, at))
  if (draft.joins !== null) await join(phone, draft, draft.joins)
  if (draft.returned !== null) await resubmit(phone, draft)
  await phone.originals.release(filesIn(draft.answers))
  await phone.drafts.drop(draft.key)
  await phone.arrived(draft.database)
  phone.tell()
  void phone.engine.request()
}

async function isWritten(phone: Phone, draft: Draft): Promise<boolean> {
  return draft.saving !== null && (await phone.database(draft.database).holds(draft.id, draft.saving))
}

async function write(phone: Phone, draft: Draft, at: string): Promise<Draft> {
  const made = draft.base === null ? newDocument(phone, draft, at) : await editedDocument(phone, draft, draft.base, at)
  const saving = { ...draft, saving: made?.rev ?? draft.base?.rev ?? null }
  await phone.drafts.keep(saving)
  if (made !== null) await put(phone, draft.database, draft.id, draft.form, draft.subject, made)
  return saving
}

/** Settle an open question: one edit of one answer, which replaces what both had said. */
export async function settle(phone: Phone, database: string, id: string, path: string, value: Json): Promise<void> {
  await change(phone, database, id, { [path]: value })
  await phone.arrived(database)
  void phone.engine.request()
}

function newDocument(phone: Phone, draft: Draft, at: string): Revision {
  const { answers } = draft
  const session = signedIn(phone)
  const body: Body = {
    form: draft.form,
    form_version: draft.version,
    subject: draft.subject,
    grid_path: gridOf(session, draft.database).grid_path,
    captured_at: at,
    captured_by: session.user.name,
    device: session.device,
    clock_offset_s: session.clockOffsetS,
    home: { grid: draft.database, move: 0 },
    answers,
    causal: create(answers, `${session.device}:1`, at, session.user.name),
  }
  return revision(null, body)
}

/** Only what the worker changed, on the join of all that this phone holds by now. Null if he changed nothing. */
async function editedDocument(phone: Phone, draft: Draft, base: NonNullable<Draft['base']>, at: string): Promise<Revision | null> {
  const session = signedIn(phone)
  const now = await phone.database(draft.database).read(draft.id)
  const current = now === null || now.deleted ? { rev: base.rev, body: base.body } : now
  const body = editOf(current.body, base.body, draft.answers, session.device, at, session.user.name)
  return body === null ? null : revision(current.rev, body)
}

async function change(phone: Phone, database: string, id: string, changes: Record<string, Json>): Promise<void> {
  const session = signedIn(phone)
  const current = (await phone.database(database).read(id)) as Stored
  const body = edit(current.body, session.device, changes, instant(phone.now()), session.user.name)
  const subject = typeof body.subject === 'string' ? body.subject : null
  await put(phone, database, id, String(body.form), subject, revision(current.rev, body))
}

/** The household gets a member: a row of its own, so that two people adding two members both succeed. */
async function join(phone: Phone, draft: Draft, joins: NonNullable<Draft['joins']>): Promise<void> {
  if (phone.book.households.get(joins.household)?.members.some(member => member.row === joins.row)) return
  const row = `members.${joins.row}`
  await change(phone, draft.database, joins.household, {
    [`${row}.person_id`]: draft.id,
    [`${row}.relation`]: joins.relation,
    [`${row}.lives_here`]: joins.livesHere,
  })
}

/** Say that a returned record has been corrected, naming every step this phone has seen of it. */
async function resubmit(phone: Phone, draft: Draft): Promise<void> {
  const session = signedIn(phone)
  const current = (await phone.database(draft.database).read(draft.id)) as Stored
  const id = `step:${draft.id.slice(draft.id.indexOf(':') + 1)}:${session.device}-${draft.returned?.stepUlid}`
  if ((await phone.database(draft.database).read(id)) !== null) return
  const causal = isObject(current.body.causal) ? current.body.causal : {}
  const body: Body = {
    record: draft.id,
    act: 'resubmit',
    at: instant(phone.now()),
    by: session.user.name,
    role: gridOf(session, draft.database).role,
    device: session.device,
    after: [...(phone.book.steps.get(draft.id)?.keys() ?? [])].sort(),
    seen: causal.context ?? {},
    fields: {},
  }
  await put(phone, draft.database, id, 'resubmit', draft.id, revision(null, body))
}

/** Announce, then write: an announcement without its document is forgotten at the next start, never the reverse. */
async function put(
  phone: Phone,
  database: string,
  id: string,
  form: string,
  subject: string | null,
  made: Revision,
): Promise<void> {
  await phone.outbox.announce({
    database,
    id,
    rev: made.rev,
    what: kindOf(id),
    form,
    subject,
    at: instant(phone.now()),
  })
  await phone.database(database).write(id, made)
}

/** Mend what a kill between two writes left: rows without documents, drafts that were already saved. */
export async function recover(phone: Phone): Promise<void> {
  for (const row of await phone.outbox.all()) {
    if (row.reach === 'waiting' && !(await phone.database(row.database).holds(row.id, row.rev))) await phone.outbox.forget(row)
  }
  for (const draft of await phone.drafts.all()) if (await isWritten(phone, draft)) await finish(phone, draft, draft.answers)
}

function kindOf(id: string): OutboxRow['what'] {
  const kind = id.slice(0, id.indexOf(':'))
  return kind === 'record' || kind === 'step' ? kind : 'file'
}

function signedIn(phone: Phone): Session {
  const session = phone.session()
  if (session === null) throw new Error('nobody is signed in')
  return session
}

function gridOf(session: Session, database: string): GridOfUser {
  const grid = session.grids.find(one => one.database === database)
  if (grid === undefined) throw new Error(`${database} is not a grid of this user`)
  return grid
}
