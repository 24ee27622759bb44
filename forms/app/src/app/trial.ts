/// Trying a form before it is published: the same phone, except that what is filled stays in memory and goes with the page.
import type { Keeper } from '../db/local'
import type { Body } from '../pure/json'
import { Originals } from '../sync/photos'
import { Drafts } from './drafts'
import { FormShelf } from './forms'
import type { Phone } from './phone'

/** A store that forgets. */
class Memory implements Keeper {
  private readonly stores = new Map<string, Map<string, unknown>>()

  async get<T>(store: string, key: string): Promise<T | null> {
    return (this.of(store).get(key) as T | undefined) ?? null
  }

  async all<T>(store: string): Promise<T[]> {
    return [...this.of(store).values()] as T[]
  }

  async put(store: string, key: string, value: unknown): Promise<void> {
    this.of(store).set(key, value)
  }

  async remove(store: string, key: string): Promise<void> {
    this.of(store).delete(key)
  }

  private of(store: string): Map<string, unknown> {
    const known = this.stores.get(store) ?? new Map<string, unknown>()
    this.stores.set(store, known)
    return known
  }
}

/** The phone with one form on its shelf and with drafts and photos that nobody keeps; nothing it notes is told. */
export function forgetful(phone: Phone, form: Body): Phone {
  const memory = new Memory()
  const forms = new FormShelf()
  forms.note(`form:${String(form.form)}:${String(form.version)}`, form)
  return Object.create(phone, {
    forms: { value: forms },
    drafts: { value: new Drafts(memory) },
    originals: { value: new Originals(memory) },
    tell: { value: () => undefined },
  }) as Phone
}
