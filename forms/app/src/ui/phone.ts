/// The phone as the screens observe it: plain values that change when it does.
import { computed, type ComputedRef, inject, type InjectionKey, type Ref, shallowRef, triggerRef } from 'vue'
import type { Draft } from '../app/drafts'
import type { Phone } from '../app/phone'
import type { Book } from '../pure/book'
import { dayOf } from '../pure/dates'
import type { Due } from '../pure/due'
import type { Body } from '../pure/json'
import { dueByHousehold, dueRule } from '../pure/visits'
import type { SyncState } from '../sync/engine'
import type { OutboxRow } from '../sync/outbox'
import type { Session } from '../sync/session'

/** What screens see. All of it is replaced, never changed in place, except the book, which is announced anew. */
export interface Seen {
  phone: Phone
  book: Ref<Book>
  /** The newest version of every form. */
  forms: Ref<Body[]>
  /** When each household is to be visited, by id. */
  due: ComputedRef<Map<string, Due>>
  session: Ref<Session | null>
  drafts: Ref<Draft[]>
  outbox: Ref<OutboxRow[]>
  photosWaiting: Ref<number>
  sync: Ref<SyncState>
  ready: Ref<boolean>
}

export const SEEN: InjectionKey<Seen> = Symbol('seen')

/** Observe a phone. */
export async function observe(phone: Phone): Promise<Seen> {
  const book = shallowRef(phone.book)
  const seen: Seen = {
    phone,
    book,
    forms: shallowRef([]),
    due: computed(() => dueByHousehold(book.value, dueRule(phone.forms.find('household')), dayOf(phone.now()))),
    session: shallowRef(phone.session()),
    drafts: shallowRef([]),
    outbox: shallowRef([]),
    photosWaiting: shallowRef(0),
    sync: shallowRef({ running: false, lastSuccessAt: null, trouble: null, reason: null }),
    ready: shallowRef(false),
  }
  const look = async (): Promise<void> => {
    seen.session.value = phone.session()
    seen.forms.value = phone.forms.all()
    seen.drafts.value = await phone.drafts.all()
    seen.outbox.value = await phone.outbox.all()
    seen.photosWaiting.value = (await phone.originals.waiting()).length
    seen.ready.value = await phone.ready()
    triggerRef(seen.book)
  }
  await look()
  phone.observe(() => void look())
  phone.engine.observe(state => {
    const ended = seen.sync.value.running && !state.running
    seen.sync.value = state
    if (ended) void look()
  })
  return seen
}

/** The observed phone, inside a component. */
export function usePhone(): Seen {
  const seen = inject(SEEN)
  if (!seen) throw new Error('no phone was provided')
  return seen
}
