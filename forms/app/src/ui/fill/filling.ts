/// A draft being filled: what is asked now, what was answered, and keeping all of it at every answer.
import { computed, type Ref, shallowReactive, shallowRef } from 'vue'
import type { Draft } from '../../app/drafts'
import { finish } from '../../app/writing'
import { filesIn, withAnswer } from '../../pure/answers'
import { check, finalise, type Finding, newRow, prefill } from '../../pure/check'
import { withCountedRows } from '../../pure/counted'
import { dayOf, instant } from '../../pure/dates'
import { Filling } from '../../pure/filling'
import { Form } from '../../pure/form'
import { type Body, isObject, type Json } from '../../pure/json'
import type { Spot } from '../../pure/spot'
import { setOff } from '../../pure/triggers'
import type { Seen } from '../phone'
import { timeline } from '../views'

/** How long typing may go on before it is kept. */
const KEEP_AFTER_MS = 150
/** The same list every time, so that nothing is drawn again where nothing is found. */
const NONE: readonly Finding[] = []

export interface Desk {
  draft: Ref<Draft>
  form: Form
  published: Body
  /** What is asked now; another one after every answer. */
  filling(): Filling
  /** The same, for what is drawn of a spot that lies in nothing but what is drawn: it is drawn again when something of the
   * spot itself has changed. */
  at(spot: Spot): Filling
  /** What the last check found and has not been answered since, in the order of the form. */
  findings: Ref<readonly Finding[]>
  findingsAt(path: string): readonly Finding[]
  /** Whether something stands to be mended inside a group or a row: closed ones are opened then. */
  hasFinding(path: string): boolean
  /** Where photos are kept. */
  database: string
  /** The household whose members can be picked, where the record is about one. */
  household: string | null
  /** What a reviewer said of answers when he returned the record, by path. */
  comments: Readonly<Record<string, string>>
  /** Give an answer at a path. */
  answer(path: string, value: Json): void
  /** Change answers in another way: add or remove a row. */
  change(edit: (answers: Body) => Body): void
  /** What a new row of a repeat begins with. */
  newRow(repeat: string): Body
  /** Change something of the draft that is no answer. */
  note(changes: Partial<Draft>): void
  /** Keep what is not kept yet, now: the page may be about to go. */
  flush(): void
  /** The worker turns to something else: what he only looked at is no draft. */
  leave(): Promise<void>
  /** Throw the draft away, with the photos that only it holds. */
  discard(): Promise<void>
  /** What stands in the way of saving now, in the order of the form. */
  check(): Finding[]
  /** Write it as it was last checked. Raises what the store raises; the draft stays then. */
  save(): Promise<void>
}

/** Open a draft for filling in a language; null when this phone lacks the version of its form. */
export async function openDesk(seen: Seen, key: string, locale: string): Promise<Desk | null> {
  const { phone } = seen
  const begun = await phone.drafts.find(key)
  const published = begun === null ? null : phone.forms.find(begun.form, begun.version)
  if (begun === null || published === null) return null
  const form = new Form(published)
  const about = await subjectOf(seen, begun)
  const session = phone.session()
  /** What expressions see beside the answers. The clock is read at every answer and at the last check, and that time is
   * kept with the document: whoever checks it later takes the same. */
  const context = (at = phone.now()): Body => ({
    now: instant(at),
    today: dayOf(at),
    user: session?.user.name ?? '',
    role: session?.grids.find(one => one.database === begun.database)?.role ?? '',
    subject: about.answers,
    last: about.last,
    locale,
    seed: begun.id,
  })
  const counted = (filling: Filling): Filling => withCountedRows(filling, () => phone.newUlid())
  const fresh = begun.base === null && !begun.touched
  const opened = new Filling(form, begun.answers, context())
  let filling = fresh ? counted(prefill(opened)) : opened
  filling.untold.clear()
  /** By path how often something of a spot has changed: what a screen observes. */
  const changes = shallowReactive(new Map<string, number>())
  const draft = shallowRef({ ...begun, answers: filling.answers })
  /** The findings by path: those of a path stay the same list for as long as they stand. */
  const found = shallowRef<ReadonlyMap<string, readonly Finding[]>>(new Map())
  /** While it is being written nothing more is taken: a late keystroke must not bring a draft back. */
  let saving = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const keep = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    await phone.drafts.keep(draft.value)
  }
  const note = (changes: Partial<Draft>): void => {
    if (saving) return
    draft.value = { ...draft.value, ...changes, touched: true, savedAt: instant(phone.now()) }
    timer ??= setTimeout(() => void keep(), KEEP_AFTER_MS)
  }
  const become = (next: Filling): void => {
    filling = next
    for (const path of next.untold) changes.set(path, (changes.get(path) ?? 0) + 1)
    next.untold.clear()
  }
  const give = (next: Filling): void => {
    if (saving) return
    become(next)
    note({ answers: next.answers })
  }
  const discard = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    await phone.originals.drop(filesIn(draft.value.answers))
    await phone.drafts.drop(begun.key)
    phone.tell()
  }
  const desk: Desk = {
    draft,
    form,
    published,
    filling: () => filling,
    at: spot => {
      changes.get(spot.path)
      return filling
    },
    findings: computed(() => [...found.value.values()].flat()),
    findingsAt: path => found.value.get(path) ?? NONE,
    hasFinding: path => [...found.value.keys()].some(inner => inner.startsWith(`${path}.`)),
    database: begun.database,
    household: about.household,
    comments: begun.returned?.comments ?? {},
    answer: (path, value) => {
      const answered = filling.after(withAnswer(filling.answers, path, value), context())
      give(counted(setOff(answered, path)))
      if (found.value.has(path)) found.value = new Map([...found.value].filter(([other]) => other !== path))
    },
    change: edit => give(filling.after(edit(filling.answers), context())),
    newRow: repeat => newRow(filling, repeat),
    note,
    flush: () => {
      if (timer !== undefined) void keep()
    },
    leave: async () => {
      if (!draft.value.touched) await discard()
      else if (timer !== undefined) await keep()
      phone.tell()
    },
    discard,
    check: () => {
      become(filling.after(filling.answers, context()))
      const all = check(filling)
      found.value = new Map(all.map(({ path }) => [path, all.filter(finding => finding.path === path)]))
      return all
    },
    save: async () => {
      await keep()
      saving = true
      try {
        await finish(phone, draft.value, finalise(filling), String(filling.settings.now))
      } catch (error) {
        saving = false
        throw error
      }
    },
  }
  return desk
}

/** The file a draft is about, and what the last record of its form said of it. */
async function subjectOf(seen: Seen, draft: Draft): Promise<{ answers: Body | null; last: Body; household: string | null }> {
  const { phone, book } = seen
  const before = timeline(book.value, draft.subject ?? '').find(record => record.form === draft.form && record.id !== draft.id)
  const known = before === undefined ? null : await phone.database(before.database).read(before.id)
  const last = isObject(known?.body.answers) ? { [draft.form]: known.body.answers } : {}
  const stored = draft.subject === null ? null : await phone.database(draft.database).read(draft.subject)
  const household = [draft.id, draft.subject ?? ''].find(id => book.value.households.has(id)) ?? null
  return { answers: isObject(stored?.body.answers) ? stored.body.answers : null, last, household }
}
