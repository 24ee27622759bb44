/// A draft being filled: what is asked now, what was answered, and keeping all of it at every answer.
import { type Ref, ref, shallowRef } from 'vue'
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
  /** What is asked now; replaced by the one after it at every answer. */
  filling: Ref<Filling>
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
  const filling = shallowRef(fresh ? counted(prefill(opened)) : opened)
  const draft = shallowRef({ ...begun, answers: filling.value.answers })
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
  const become = (next: Filling): void => {
    if (saving) return
    filling.value = next
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
    filling,
    findings: findings as Ref<Finding[]>,
    household: about.household,
    answer: (path, value) => {
      const answered = filling.value.after(withAnswer(filling.value.answers, path, value), context())
      become(counted(setOff(answered, path)))
      findings.value = findings.value.filter(finding => finding.path !== path)
    },
    change: answers => become(filling.value.after(answers, context())),
    newRow: repeat => newRow(filling.value, repeat),
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
      filling.value = filling.value.after(filling.value.answers, context())
      return (findings.value = check(filling.value))
    },
    save: async () => {
      await keep()
      saving = true
      try {
        await finish(phone, draft.value, finalise(filling.value), String(filling.value.settings.now))
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
