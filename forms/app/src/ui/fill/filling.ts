/// A draft being filled: what is asked now, what was answered, and keeping all of it at every answer.
import { computed, type ComputedRef, type Ref, ref, shallowRef } from 'vue'
import type { Draft } from '../../app/drafts'
import { finish } from '../../app/writing'
import { filesIn, withAnswer } from '../../pure/answers'
import { check, finalise, type Finding, newRow, prefill } from '../../pure/check'
import { withCountedRows } from '../../pure/counted'
import { dayOf, instant } from '../../pure/dates'
import { Filling } from '../../pure/filling'
import { Form } from '../../pure/form'
import { type Body, isObject, type Json } from '../../pure/json'
import { setOff } from '../../pure/triggers'
import type { Seen } from '../phone'
import { timeline } from '../views'

/** How long typing may go on before it is kept. */
const KEEP_AFTER_MS = 150

export interface Desk {
  draft: Ref<Draft>
  form: Form
  published: Body
  filling: ComputedRef<Filling>
  findings: Ref<Finding[]>
  /** The household whose members can be picked, where the record is about one. */
  household: string | null
  /** Give an answer at a path. */
  answer(path: string, value: Json): void
  change(answers: Body): void
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
  /** What stands in the way of saving, in the order of the form. */
  check(): Finding[]
  /** Write it. Raises what the store raises; the draft stays then. */
  save(): Promise<void>
}

/** Open a draft for filling; null when this phone lacks the version of its form. */
export async function openDesk(seen: Seen, key: string, locale: () => string): Promise<Desk | null> {
  const { phone } = seen
  const begun = await phone.drafts.find(key)
  const published = begun === null ? null : phone.forms.find(begun.form, begun.version)
  if (begun === null || published === null) return null
  const form = new Form(published)
  const about = await subjectOf(seen, begun)
  const context = (): Body => {
    const session = phone.session()
    const grid = session?.grids.find(one => one.database === begun.database)
    const now = instant(phone.now())
    return {
      now,
      today: dayOf(phone.now()),
      user: session?.user.name ?? '',
      role: grid?.role ?? '',
      subject: about.answers,
      last: about.last,
      locale: locale(),
      seed: begun.id,
    }
  }
  /** The answers after the one at a path has changed, with what the form does of itself. */
  const changed = (answers: Body, path: string): Body =>
    withCountedRows(form, setOff(form, answers, path, context()), context(), () => phone.newUlid())
  const fresh = begun.base === null && !begun.touched
  const first = fresh ? { ...begun, answers: withCountedRows(form, prefill(form, begun.answers, context()), context(), () => phone.newUlid()) } : begun
  const draft = shallowRef(first)
  const findings = ref<Finding[]>([])
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
    filling: computed(() => new Filling(form, draft.value.answers, context())),
    findings: findings as Ref<Finding[]>,
    household: about.household,
    answer: (path, value) => {
      note({ answers: changed(withAnswer(draft.value.answers, path, value), path) })
      findings.value = findings.value.filter(finding => finding.path !== path)
    },
    change: answers => note({ answers }),
    newRow: repeat => newRow(form, repeat, draft.value.answers, context()),
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
    check: () => (findings.value = check(form, draft.value.answers, context())),
    save: async () => {
      await keep()
      saving = true
      try {
        await finish(phone, draft.value, finalise(form, draft.value.answers, context()))
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
