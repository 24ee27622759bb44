/// The published forms of this phone, as the server wrote them.
import type { Rules } from '../pure/causal'
import { type Body, isObject } from '../pure/json'
import { mergeRules } from '../pure/rules'

/** The newest and the older versions of each form; a draft is finished in the version it was begun with. */
export class FormShelf {
  private readonly versions = new Map<string, Map<number, Body>>()

  /** Take note of a document of the `forms` database (`form:<name>:<version>`). */
  note(id: string, body: Body | null): void {
    const [kind, name, version] = id.split(':')
    if (kind !== 'form' || !name || body === null) return
    const known = this.versions.get(name) ?? new Map<number, Body>()
    known.set(Number(version), body)
    this.versions.set(name, known)
  }

  /** One version of a form, or its newest one; null if this phone has none. */
  find(name: string, version?: number): Body | null {
    const known = this.versions.get(name)
    if (!known) return null
    return known.get(version ?? Math.max(...known.keys())) ?? null
  }

  newest(name: string): number | null {
    const known = this.versions.get(name)
    return known ? Math.max(...known.keys()) : null
  }

  /** How answers of its newest version that two people changed are shown. */
  rules(name: string): Rules {
    return mergeRules(this.find(name))
  }

  /** The workflow table of a form; null if it carries none. */
  workflow(name: string, version: number): Body | null {
    const table = (this.find(name, version) ?? this.find(name))?.workflow
    return isObject(table) ? table : null
  }

  /** The newest version of every form. */
  all(): Body[] {
    return this.names().map(name => this.find(name)).filter(form => form !== null)
  }

  names(): string[] {
    return [...this.versions.keys()]
  }
}
